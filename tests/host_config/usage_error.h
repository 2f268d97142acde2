#pragma once

#include <doctest/doctest.h>

#include <string>

#include "quant/error.h"

/// The message of the Error(Fault::usage) that `work` throws; "" (and a failed check) when it throws none.
template <class Work>
std::string usage_error(Work&& work) {
  try {
    work();
  } catch (const clinfer::Error& error) {
    CHECK(error.fault() == clinfer::Fault::usage);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  FAIL_CHECK("no error");
  return "";
}
