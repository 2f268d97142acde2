#include "host/io/config_json.h"
#include "host/io/json_value.h"
#include "quant/error.h"

/// Any bytes either parse or give an Error; nothing else may leave the parser.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    auto config = clinfer::io::parse_json_object({reinterpret_cast<const char*>(data), size}, "fuzz.json");
    clinfer::io::add_older_spellings(config);
  } catch (const clinfer::Error&) {
  }
  return 0;
}
