#include "host/io/gguf.h"
#include "host/io/gguf_names.h"
#include "quant/error.h"

/// Any bytes either parse or give an Error; nothing else may leave the parser.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto contents = clinfer::io::parse_gguf(std::as_bytes(std::span(data, size)), "fuzz.gguf");
    clinfer::io::config_from_gguf(contents.metadata, contents.tensors);
  } catch (const clinfer::Error&) {
  }
  return 0;
}
