#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/cli/arguments.h"
#include "host/cli/model_text.h"
#include "host/io/checkpoint.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path == "-" ? "/dev/stdin" : path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) throw Error(Fault::usage, path + ": cannot be read");
  return text;
}

}  // namespace

int tokenize(const Arguments& arguments) {
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(arguments.model);
  const text::Tokenizer tokenizer = load_tokenizer(*checkpoint);
  const std::vector<int32_t> ids =
      tokenizer.encode(read_text(arguments.file), {.add_special = arguments.special});
  if (arguments.json) {
    fmt::print("{}\n", nlohmann::json{{"ids", ids}}.dump());
    return 0;
  }
  for (int32_t id : ids)
    fmt::print("{:8} {}\n", id, nlohmann::json(tokenizer.decode(std::span(&id, 1), false)).dump());
  return 0;
}

}  // namespace clinfer::cli
