#include "bench/data.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace clinfer::bench {

kernels::Bytes tame_bytes(int64_t bytes) {
  std::mt19937 random(1);
  kernels::Bytes result(static_cast<size_t>(bytes));
  for (std::byte& b : result) b = std::byte{static_cast<uint8_t>(random() & 0x3B)};
  return result;
}

cl::Buffer upload(const cl::Device& device, std::span<const std::byte> bytes) {
  cl::Buffer buffer = device.allocate(std::ssize(bytes));
  device.write(buffer, bytes);
  return buffer;
}

cl::Buffer tame_buffer(const cl::Device& device, int64_t bytes) {
  cl::Buffer buffer = device.allocate(bytes);
  write_repeated(device, buffer, 0, bytes, tame_bytes(std::min<int64_t>(bytes, 1 << 20)));
  return buffer;
}

Rows normal_rows(const cl::Device& device, const graph::Value& value, int64_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  Rows result;
  result.distinct = graph::Array(std::min(rows, kDistinct), value.type.cols);
  for (double& v : result.distinct.data) v = normal(random);
  const kernels::Bytes bytes = kernels::encode(value, result.distinct);
  const int64_t count = result.distinct.rows;
  result.distinct = kernels::decode(value, bytes, {count, count, count});
  const int64_t total = std::ssize(bytes) / count * rows;
  result.buffer = device.allocate(total);
  write_repeated(device, result.buffer, 0, total, bytes);
  return result;
}

cl::Buffer last_positions(const cl::Device& device, const graph::Sizes& sizes) {
  std::vector<int32_t> positions(static_cast<size_t>(sizes.tokens));
  std::iota(positions.begin(), positions.end(), static_cast<int32_t>(sizes.context - sizes.tokens));
  return upload(device, std::as_bytes(std::span(positions)));
}

void write_repeated(const cl::Device& device, const cl::Buffer& to, int64_t at, int64_t bytes,
                    std::span<const std::byte> from) {
  for (int64_t done = 0; done < bytes;) {
    const auto part = std::min(bytes - done, std::ssize(from));
    device.write(to, from.first(static_cast<size_t>(part)), at + done);
    done += part;
  }
}

std::vector<cl::Buffer> copies_of(const cl::Device& device, cl::Buffer first, int64_t count) {
  std::vector<cl::Buffer> result = {std::move(first)};
  while (std::ssize(result) < count) {
    result.push_back(device.allocate(result[0].bytes()));
    device.copy(result[0], 0, result.back(), 0, result[0].bytes());
  }
  return result;
}

}  // namespace clinfer::bench
