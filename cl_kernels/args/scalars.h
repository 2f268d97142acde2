#pragma once

// Types of the argument structs, which C++ and OpenCL C share: 4- and 8-byte scalars only, so that both lay
// them out alike.
#ifdef __OPENCL_C_VERSION__
typedef int i32;
typedef long i64;
typedef float f32;
#define ARGS_SIZE(type, bytes)
#else
#include <cstdint>
using i32 = std::int32_t;
using i64 = std::int64_t;
using f32 = float;
#define ARGS_SIZE(type, bytes) static_assert(sizeof(type) == (bytes));
#endif
