#pragma once

namespace clinfer::cl {

/// Whether the processor has these instructions and the operating system lets this process use them. The
/// first call asks Linux for that: without its leave a first tile instruction ends the process. Other systems
/// and processors: false.
bool may_use_amx_int8();
/// With bf16's conversions of AVX-512.
bool may_use_amx_bf16();

}  // namespace clinfer::cl
