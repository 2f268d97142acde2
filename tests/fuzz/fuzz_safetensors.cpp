#include "host/io/safetensors.h"
#include "quant/error.h"

/// Any bytes either parse or give an Error; nothing else may leave the parser.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    clinfer::io::parse_safetensors(std::as_bytes(std::span(data, size)), "fuzz.safetensors", nullptr);
  } catch (const clinfer::Error&) {
  }
  return 0;
}
