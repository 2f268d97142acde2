#include "host/cl/selector.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "quant/error.h"

namespace clinfer::cl {

namespace {

using graph::DeviceInfo;

struct Test {
  std::function<bool(const DeviceInfo&)> matches;
  bool must_be_unique = false;
};

struct Item {
  std::string text;
  bool excludes = false;
  bool must_be_unique = false;
  std::vector<Test> tests;

  bool matches(const DeviceInfo& info) const {
    return std::all_of(tests.begin(), tests.end(), [&](const Test& test) { return test.matches(info); });
  }
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(trim(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  parts.push_back(trim(text));
  return parts;
}

[[noreturn]] void refuse(std::string_view test, const std::string& why) {
  throw Error(Fault::usage, "device selector '" + std::string(test) + "' " + why);
}

/// A whole decimal number, or nothing.
std::optional<int64_t> whole(std::string_view text) {
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

int64_t size_in_bytes(std::string_view test, std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 8> kUnits = {{{"kib", int64_t{1} << 10},
                                                                           {"mib", int64_t{1} << 20},
                                                                           {"gib", int64_t{1} << 30},
                                                                           {"tib", int64_t{1} << 40},
                                                                           {"kb", 1000},
                                                                           {"mb", 1000000},
                                                                           {"gb", 1000000000},
                                                                           {"b", 1}}};
  const std::string small = lower(text);
  for (const auto& [unit, bytes] : kUnits) {
    if (!small.ends_with(unit)) continue;
    const auto count = whole(trim(std::string_view(small).substr(0, small.size() - unit.size())));
    if (count && *count <= INT64_MAX / bytes) return *count * bytes;
    break;
  }
  refuse(test, "needs a size such as 8GiB");
}

bool is_id(std::string_view text) {
  for (const std::string_view kind : {"cpu", "gpu", "acc"}) {
    if (text.starts_with(kind) && whole(text.substr(kind.size()))) return true;
  }
  return false;
}

/// "name~TEXT" and "vendor=TEXT".
Test text_test(std::string_view test, std::string_view wanted, std::string DeviceInfo::*field) {
  if (wanted.empty()) refuse(test, "needs a text");
  return {[text = lower(wanted), field](const DeviceInfo& info) {
            return lower(info.*field).find(text) != std::string::npos;
          },
          true};
}

Test parse_test(std::string_view test) {
  const std::string small = lower(test);
  if (small == "any" || small == "auto") return {[](const DeviceInfo&) { return true; }};
  if (small == "cpu" || small == "type=cpu") return {[](const DeviceInfo& info) { return info.is_cpu; }};
  if (small == "gpu" || small == "type=gpu") return {[](const DeviceInfo& info) { return info.is_gpu; }};
  if (is_id(small)) return {[small](const DeviceInfo& info) { return info.id == small; }};
  if (small.starts_with("name~")) return text_test(test, test.substr(5), &DeviceInfo::name);
  if (small.starts_with("vendor=")) return text_test(test, test.substr(7), &DeviceInfo::vendor);
  if (small.starts_with("mem>=")) {
    const int64_t least = size_in_bytes(test, trim(test.substr(5)));
    return {[least](const DeviceInfo& info) { return info.global_bytes >= least; }};
  }
  if (const size_t colon = test.find(':'); colon != std::string_view::npos) {
    const auto platform = whole(test.substr(0, colon));
    const auto device = whole(test.substr(colon + 1));
    if (!platform || !device) refuse(test, "needs the numbers platform:device, such as 0:1");
    return {[p = *platform, d = *device](const DeviceInfo& info) {
      return info.platform_index == p && info.device_index == d;
    }};
  }
  refuse(test,
         "is not understood; expected cpu, gpu, any, an id such as gpu0, platform:device such as 0:1, "
         "name~TEXT, vendor=TEXT, type=cpu, type=gpu or mem>=SIZE");
}

Item parse_item(std::string_view text) {
  Item item{.text = std::string(text), .excludes = false, .must_be_unique = false, .tests = {}};
  if (text.starts_with('!')) {
    item.excludes = true;
    text = trim(text.substr(1));
  }
  for (const std::string_view test : split(text, '&')) {
    item.tests.push_back(parse_test(test));
    item.must_be_unique = item.must_be_unique || item.tests.back().must_be_unique;
  }
  return item;
}

int rank(const DeviceInfo& info) {
  if (info.is_gpu) return info.unified_memory ? 1 : 0;
  return info.is_cpu ? 2 : 3;
}

std::string label(const DeviceInfo& info) {
  return info.id + " (" + std::to_string(info.platform_index) + ":" + std::to_string(info.device_index) +
         ", " + info.name + ")";
}

std::string labels(std::span<const DeviceInfo* const> devices) {
  std::string text;
  for (const DeviceInfo* info : devices) {
    if (!text.empty()) text += ", ";
    text += label(*info);
  }
  return text;
}

[[noreturn]] void fail(std::string_view selector, std::span<const DeviceInfo> devices,
                       const std::string& advice) {
  std::string text = "no usable OpenCL device";
  if (!selector.empty()) text += " matches '" + std::string(selector) + "'";
  for (const DeviceInfo& info : devices) {
    text += "; " + label(info) + " is " +
            (info.usable ? "usable but not chosen" : "not usable: " + info.unusable_reason);
  }
  const bool none =
      std::none_of(devices.begin(), devices.end(), [](const DeviceInfo& info) { return info.usable; });
  if (none && !advice.empty()) text += "; " + advice;
  throw Error(Fault::device, text);
}

/// The line about a CPU that was not asked for by name.
std::string cpu_warning(const DeviceInfo& chosen, std::span<const DeviceInfo> devices) {
  std::string why;
  for (const DeviceInfo& info : devices) {
    if (info.is_gpu && !info.usable) why += "; " + label(info) + " is not usable: " + info.unusable_reason;
  }
  if (why.empty()) why = "; no usable GPU matches";
  return "running on the CPU, " + label(chosen) + why;
}

}  // namespace

Choice select_device(std::string_view selector, std::span<const DeviceInfo> devices,
                     const std::string& advice) {
  selector = trim(selector);
  std::vector<Item> wanted;
  std::vector<Item> unwanted;
  if (!selector.empty()) {
    for (const std::string_view part : split(selector, ',')) {
      if (part.empty()) refuse(selector, "has an empty item");
      Item item = parse_item(part);
      (item.excludes ? unwanted : wanted).push_back(std::move(item));
    }
  }
  if (wanted.empty()) wanted.push_back(parse_item("any"));
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::vector<const DeviceInfo*> matches;
    for (const DeviceInfo& info : devices) {
      const bool out =
          std::any_of(unwanted.begin(), unwanted.end(), [&](const Item& u) { return u.matches(info); });
      if (info.usable && !out && wanted[i].matches(info)) matches.push_back(&info);
    }
    if (matches.empty()) continue;
    if (wanted[i].must_be_unique && matches.size() > 1) {
      refuse(wanted[i].text, "is ambiguous: " + labels(matches));
    }
    std::stable_sort(matches.begin(), matches.end(),
                     [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
    const DeviceInfo& chosen = *matches.front();
    const bool surprising =
        chosen.is_cpu && !chosen.is_gpu && (i > 0 || wanted[i].text == "any" || wanted[i].text == "auto");
    return {chosen, surprising ? cpu_warning(chosen, devices) : std::string()};
  }
  fail(selector, devices, advice);
}

}  // namespace clinfer::cl
