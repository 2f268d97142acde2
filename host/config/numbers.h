#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clinfer::config {

/// A decimal integer with no sign but '-', no leading zeros and nothing around it; nothing when it is not one
/// or does not fit. Independent of the locale, like the rest here.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;  // YAML 1.1 would read octal
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A finite decimal number such as -1, 0.5 or 1e-3.
std::optional<double> parse_number(std::string_view text);

/// Bytes: a number >= 0 and a unit (B, KB, MB, GB, TB of 1000; KiB, MiB, GiB, TiB of 1024; none = bytes),
/// rounded to whole bytes; nothing when it does not fit in 63 bits.
std::optional<int64_t> parse_size(std::string_view text);

/// The shortest text that reads back as the same number.
std::string number_text(double value);

/// In the largest unit of 1024 that divides it: 8589934592 -> "8GiB".
std::string size_text(int64_t bytes);

}  // namespace clinfer::config
