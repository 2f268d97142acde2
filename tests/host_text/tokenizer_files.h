#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "host/text/json_file.h"
#include "quant/error.h"

namespace clinfer::text {

inline Json read_json(const std::string& path) {
  return parse_json(read_text_file(path), path);
}

/// Hard strings that all kinds of tokenizer encode, then a golden's own.
inline std::vector<std::string> golden_texts(const Json& golden) {
  std::vector<std::string> texts;
  const Json shared = read_json("tests/data/tokenizers/o200k/goldens.json");
  for (const Json& item : shared["encode"]) texts.push_back(item["text"].get<std::string>());
  for (const Json& text : golden["own"]) texts.push_back(text.get<std::string>());
  return texts;
}

/// What the Error of a faulty file says.
inline std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    CHECK(e.fault() == Fault::model);
    return e.what();
  }
  return "no error";
}

}  // namespace clinfer::text

#define CHECK_NAMES(message, part) CHECK_MESSAGE((message).find(part) != std::string::npos, (message))
