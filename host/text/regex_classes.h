#pragma once

#include <string>
#include <string_view>

namespace clinfer::text {

// Contents of PCRE2 character classes that mean what Oniguruma's shorthands mean.

/// White_Space without U+180E, which PCRE2 counts as a space and Unicode does not.
inline constexpr std::string_view kSpace =
    R"(\x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
/// UTS 18's word characters; PCRE2's own are letters, numbers and "_".
inline constexpr std::string_view kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
inline constexpr std::string_view kHex = "0-9a-fA-F";
inline constexpr std::string_view kDigit = R"(\p{Nd})";

/// Items for a name that \p{..} and [:..:] share (alpha, space, word ...); empty for any other.
std::string_view named_class(std::string_view name);

/// The PCRE2 property for a general category (short or long name), script or binary property; empty when
/// unknown.
std::string unicode_property(std::string_view name);

}  // namespace clinfer::text
