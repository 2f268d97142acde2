#include <doctest/doctest.h>

#include "host/text/stop_strings.h"

namespace clinfer::text {
namespace {

TEST_CASE("a stop string in pieces is held back and dropped") {
  StopStrings stops({"</s>", ""});
  StopStrings::Result r = stops.push("hello <");
  CHECK(r.text == "hello ");
  CHECK(!r.stopped);
  CHECK(stops.push("/s").text.empty());
  r = stops.push("> tail");
  CHECK(r.text.empty());
  CHECK(r.stopped);
  CHECK(stops.push("more").text.empty());
  CHECK(stops.finish().empty());
}

TEST_CASE("text that only looked like a stop string comes out") {
  StopStrings stops({"aab"});
  CHECK(stops.push("aa").text.empty());
  CHECK(stops.push("a").text == "a");
  CHECK(stops.push("c").text == "aac");
  CHECK(stops.push("xa").text == "x");
  CHECK(stops.finish() == "a");
}

TEST_CASE("of several stop strings the one that begins first counts") {
  StopStrings stops({"b", "abc"});
  StopStrings::Result r = stops.push("xab");
  CHECK(r.text == "x");
  CHECK(!r.stopped);
  SUBCASE("the longer one comes") {
    CHECK(stops.push("c").stopped);
  }
  SUBCASE("it does not") {
    r = stops.push("d");
    CHECK(r.text == "a");
    CHECK(r.stopped);
  }
  SUBCASE("the stream ends") {
    CHECK(stops.finish() == "a");
  }
}

TEST_CASE("without stop strings everything passes") {
  StopStrings stops({});
  CHECK(stops.push("abc").text == "abc");
  CHECK(stops.finish().empty());
}

}  // namespace
}  // namespace clinfer::text
