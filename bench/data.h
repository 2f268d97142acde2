#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "host/cl/context.h"
#include "host/kernels/value_bytes.h"

namespace clinfer::bench {

/// Random bytes whose words, taken as codes, halves or floats, are small finite numbers.
kernels::Bytes tame_bytes(int64_t bytes);

/// A buffer of its own with these bytes.
cl::Buffer upload(const cl::Device& device, std::span<const std::byte> bytes);

/// `bytes` of tame_bytes: a MiB of them, repeated.
cl::Buffer tame_buffer(const cl::Device& device, int64_t bytes);

/// Rows that matrices of normal_rows repeat: no multiple of a tile.
constexpr int64_t kDistinct = 251;

/// A matrix of normally distributed rows, which repeat after kDistinct, and those rows as they are decoded.
struct Rows {
  graph::Array distinct;
  cl::Buffer buffer;
};
Rows normal_rows(const cl::Device& device, const graph::Value& value, int64_t rows, uint64_t seed = 1);

/// The last `tokens` positions of a context, i32.
cl::Buffer last_positions(const cl::Device& device, const graph::Sizes& sizes);

/// Writes `bytes` bytes of `to` from `at` on, repeating those in `from`.
void write_repeated(const cl::Device& device, const cl::Buffer& to, int64_t at, int64_t bytes,
                    std::span<const std::byte> from);

/// `first` and copies of it, `count` buffers in all: calls that take them in turn find none in a cache.
std::vector<cl::Buffer> copies_of(const cl::Device& device, cl::Buffer first, int64_t count);

}  // namespace clinfer::bench
