#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>

#include "host/config/environment.h"

using namespace clinfer::config;

TEST_CASE("variables and their defaults") {
  setenv("CLINFER_TEST_SET", "a${b}", 1);
  setenv("CLINFER_TEST_EMPTY", "", 1);
  unsetenv("CLINFER_TEST_UNSET");
  CHECK(expand_environment("x ${CLINFER_TEST_SET} y") == "x a${b} y");  // not expanded again
  CHECK(expand_environment("${CLINFER_TEST_SET:-no}") == "a${b}");
  CHECK(expand_environment("${CLINFER_TEST_UNSET:-a b}") == "a b");
  CHECK(expand_environment("${CLINFER_TEST_UNSET:-}") == "");
  CHECK(expand_environment("${CLINFER_TEST_EMPTY:-full}") == "full");
  CHECK(expand_environment("${CLINFER_TEST_EMPTY}") == "");
  CHECK(expand_environment("$5 and $HOME and }") == "$5 and $HOME and }");
}

TEST_CASE("what is no variable") {
  for (const char* bad : {"${CLINFER_TEST_UNSET}", "${", "${A", "${}", "${1A}", "${A-B}", "${:-x}"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(expand_environment(bad), std::invalid_argument);
  }
}

TEST_CASE("escaped text comes back") {
  for (const char* text : {"", "plain", "${A}", "$${A}", "$$${", "${${", "$ {A}", "$"}) {
    CAPTURE(text);
    CHECK(expand_environment(escape_environment(text)) == text);
  }
}
