#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "matrix.h"
#include "quant/hadamard.h"

using namespace clinfer::quant;

namespace {

double dot(const float* a, const float* b, int64_t count) {
  return std::inner_product(a, a + count, b, 0.0, std::plus<>(),
                            [](float x, float y) { return double{x} * double{y}; });
}

}  // namespace

TEST_CASE("rotation: products of rotated vectors are those of the vectors") {
  for (const Rotation& rotation : {Rotation{64, 0, 64}, Rotation{48, 0, 48}, Rotation{40, 24, 16}}) {
    const int64_t count = 3 * rotation.stride;
    auto a = test::gaussian(count, 1, 71);
    auto b = test::gaussian(count, 1, 73);
    const double before = dot(a.data(), b.data(), count);
    const auto kept = a;
    rotate_row(rotation, a.data(), count);
    rotate_row(rotation, b.data(), count);
    CHECK(dot(a.data(), b.data(), count) == doctest::Approx(before).epsilon(1e-5));
    int changed = 0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t in_part = i % rotation.stride - rotation.offset;
      const bool is_inside = in_part >= 0 && in_part < rotation.size;
      const auto at = static_cast<size_t>(i);
      if (!is_inside) CHECK(a[at] == kept[at]);
      changed += is_inside && a[at] != kept[at];
    }
    CHECK(changed > 2 * rotation.size);
  }
}

TEST_CASE("rotation: rows of a matrix are rotated as what it gives") {
  const Rotation rotation{40, 8, 32};
  const int64_t rows = 80, cols = 24;
  auto matrix = test::gaussian(rows * cols, 1, 79);
  const auto x = test::gaussian(cols, 1, 83);
  const auto product = [&] {
    std::vector<float> y(static_cast<size_t>(rows));
    for (size_t r = 0; r < y.size(); ++r)
      y[r] = static_cast<float>(dot(matrix.data() + r * static_cast<size_t>(cols), x.data(), cols));
    return y;
  };
  auto expected = product();
  rotate_row(rotation, expected.data(), rows);
  rotate_rows(rotation, matrix.data(), rows, cols);
  const auto rotated = product();
  for (size_t i = 0; i < rotated.size(); ++i) CHECK(rotated[i] == doctest::Approx(expected[i]).epsilon(1e-4));
}

TEST_CASE("rotation: one large element and a constant are both spread") {
  std::vector<float> spike(256, 0.0f), constant(256, 1.0f);
  spike[3] = 16;
  rotate_row({256, 0, 256}, spike.data(), 256);
  for (const float value : spike) CHECK(std::fabs(value) == doctest::Approx(1));
  rotate_row({256, 0, 256}, constant.data(), 256);
  CHECK(*std::max_element(constant.begin(), constant.end()) < 4.5f);
}

TEST_CASE("rotation: int4 of a matrix with outlier columns gains 7 dB, mxfp4 2 dB") {
  const int64_t rows = 256, cols = 1024;
  auto values = test::gaussian(rows * cols, 0.02, 89);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= i % cols % 100 == 7 ? 20.0f : 1.0f;
  auto rotated = values;
  for (int64_t r = 0; r < rows; ++r) rotate_row({cols, 0, cols}, rotated.data() + r * cols, cols);
  for (const auto& [name, gain] : {std::pair{"int4_g128", 7.0}, std::pair{"mxfp4", 2.0}}) {
    CAPTURE(name);
    const Format& format = *find_format(name);
    CHECK(test::distortion(format, rotated, rows, cols).sqnr_db >
          test::distortion(format, values, rows, cols).sqnr_db + gain);
  }
}
