#pragma once

#include <string_view>

#include "host/io/gguf_cursor.h"
#include "host/io/gguf_metadata.h"

namespace clinfer::io {

/// Reads a value's type id and the value at the cursor. `key` is what errors name. Arrays nest at most 4
/// deep.
GgufValue read_gguf_value(GgufCursor& cursor, std::string_view key);

}  // namespace clinfer::io
