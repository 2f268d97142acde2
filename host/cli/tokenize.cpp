#include <nlohmann/json.hpp>

#include "host/cli/arguments.h"
#include "host/cli/model_text.h"
#include "host/cli/output.h"
#include "host/cli/source.h"
#include "host/io/checkpoint.h"

namespace clinfer::cli {

int tokenize(const Arguments& arguments) {
  const std::string text = read_text(arguments.file);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(arguments.model);
  const text::Tokenizer tokenizer = load_tokenizer(*checkpoint);
  const std::vector<int32_t> ids = tokenizer.encode(text, {.add_special = arguments.special});
  if (arguments.json) {
    print_out("{}\n", nlohmann::json{{"ids", ids}}.dump());
    return 0;
  }
  for (int32_t id : ids)
    print_out("{:8} {}\n", id, nlohmann::json(tokenizer.decode(std::span(&id, 1), false)).dump());
  return 0;
}

}  // namespace clinfer::cli
