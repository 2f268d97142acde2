#include "host/text/tokenizer_folder.h"

#include <filesystem>

#include "host/text/sentencepiece_folder.h"
#include "host/text/tiktoken_folder.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"

namespace clinfer::text {

Tokenizer load_tokenizer_folder(const std::string& path) {
  namespace fs = std::filesystem;
  fs::path file = path;
  if (fs::is_directory(file)) {
    file /= "tokenizer.json";
    for (const char* name : {"tiktoken.model", "tokenizer.model"}) {
      if (!fs::exists(file)) file.replace_filename(name);
    }
    if (!fs::exists(file))
      throw Error(Fault::model,
                  path + ": no tokenizer: expected tokenizer.json, tiktoken.model or tokenizer.model");
  }
  if (file.filename() == "tiktoken.model") return load_tiktoken(file.string());
  if (file.filename() == "tokenizer.model") return load_sentencepiece(file.string());
  return load_tokenizer_json(file.string());
}

}  // namespace clinfer::text
