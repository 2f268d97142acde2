#include <doctest/doctest.h>

#include <cstdint>

#include "host/config/numbers.h"

using namespace clinfer::config;

TEST_CASE("integers") {
  CHECK(parse_integer<int64_t>("-9223372036854775808") == INT64_MIN);
  CHECK(parse_integer<uint64_t>("18446744073709551615") == UINT64_MAX);
  CHECK(parse_integer<int64_t>("0") == 0);
  for (const char* bad :
       {"", "-", "+1", "01", "-01", "1 ", " 1", "1.0", "1e3", "0x10", "1_000", "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_integer<int64_t>(bad));
  }
  CHECK_FALSE(parse_integer<uint64_t>("-1"));
  CHECK_FALSE(parse_integer<uint64_t>("18446744073709551616"));
}

TEST_CASE("numbers are finite and decimal") {
  CHECK(parse_number("0.7") == 0.7);
  CHECK(parse_number("-1e-3") == -0.001);
  for (const char* bad :
       {"", "nan", "inf", ".nan", ".inf", "-inf", "infinity", "1e400", "0,7", "0x1p3", "1.5 ", "--1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_number(bad));
  }
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(0) == "0");
}

TEST_CASE("sizes") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("17") == 17);
  CHECK(parse_size("17B") == 17);
  CHECK(parse_size("8GiB") == int64_t{8} << 30);
  CHECK(parse_size("512 MiB") == int64_t{512} << 20);
  CHECK(parse_size("1.5KiB") == 1536);
  CHECK(parse_size("2GB") == 2'000'000'000);
  CHECK(parse_size("8388607TiB") == int64_t{8388607} << 40);
  for (const char* bad :
       {"", "GiB", "-1", "-1GiB", "8gib", "8G", "1e30GiB", "8388608TiB", "nanGiB", "1e400B", "0x8GiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("sizes are printed in the largest unit that divides them") {
  CHECK(size_text(0) == "0");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(int64_t{8} << 30) == "8GiB");
  CHECK(size_text(1536) == "1536");
  for (const int64_t bytes : {int64_t{0}, int64_t{1023}, int64_t{3} << 41, (int64_t{1} << 53) + 1}) {
    CHECK(parse_size(size_text(bytes)) == bytes);
  }
}
