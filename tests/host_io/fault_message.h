#pragma once

#include <string>

#include "quant/error.h"

namespace clinfer::test {

/// The message of the Error(fault) that `work` throws; a text that says so when it throws none or another.
template <typename Work>
std::string fault_message(Fault fault, Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.fault() == fault ? error.what() : "another fault: " + std::string(error.what());
  } catch (const std::exception& error) {
    return "no clinfer::Error: " + std::string(error.what());
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace clinfer::test
