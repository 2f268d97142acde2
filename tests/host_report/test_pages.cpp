#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/report/attribution.h"
#include "host/report/conclude.h"
#include "host/report/history.h"
#include "host/report/html.h"
#include "host/report/json.h"
#include "host/report/markdown.h"
#include "host/report/measure.h"
#include "host/report/sections.h"
#include "host/report/tables.h"
#include "quant/error.h"
#include "tests/host_report/small_report.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

Report concluded(Gate gate) {
  Report report = tests::small_report();
  report.gate = gate;
  conclude(report);
  return report;
}

}  // namespace

TEST_CASE("nothing out of a file becomes markup") {
  const std::string html = to_html(concluded({}));
  CHECK(!has(html, "<script"));
  CHECK(!has(html, "<img"));
  CHECK(!has(html, "<b>small"));
  CHECK(!has(html, "\"weight\""));
  CHECK(has(html, "&lt;script&gt;alert(1)"));
  CHECK(has(html, "&lt;img src=x onerror=alert(2)&gt;"));
  CHECK(has(html, "&lt;b&gt;small&lt;/b&gt;"));
  CHECK(has(html, "a &amp; b.txt"));
  CHECK(escape_html("<a href='x'>\x01") == "&lt;a href=&#39;x&#39;&gt; ");
}

TEST_CASE("the page needs nothing else, and its elements are closed") {
  const std::string html = to_html(concluded({}));
  CHECK(!has(html, "http"));
  CHECK(!has(html, "<link"));
  for (const char* element : {"svg", "table", "details", "div", "ul"}) {
    CAPTURE(element);
    CHECK(count(html, std::string("<") + element) == count(html, std::string("</") + element + ">"));
    CHECK(count(html, std::string("<") + element) > 0);
  }
}

TEST_CASE("the page has every section") {
  const std::string html = to_html(concluded({}));
  for (const char* title : {"Summary",
                            "Accuracy against bytes",
                            "Accuracy against speed",
                            "KL divergence",
                            "Right token and agreement",
                            "Perplexity",
                            "Flips by base margin",
                            "Flips by margin",
                            "KL by depth",
                            "KL by position",
                            "Theory and measurement",
                            "Residual stream by layer",
                            "Error by layer",
                            "Routing",
                            "Routing by layer",
                            "Draft module",
                            "Needle",
                            "Planted tokens by depth",
                            "Generation",
                            "Activations",
                            "Attribution of big",
                            "Loss by part",
                            "Determinism",
                            "Kernels",
                            "Conformance",
                            "History",
                            "Weights by layer",
                            "Tensors",
                            "Scales",
                            "Size",
                            "What was measured",
                            "Method"}) {
    CAPTURE(title);
    CHECK(has(html, "<h2>" + std::string(title) + "</h2>"));
  }
}

TEST_CASE("Markdown keeps its columns") {
  const Table table{"t", "", {"name", "value"}, {{"a|b\nc", "1"}}};
  CHECK(to_markdown(table) ==
        "| name   | value |\n"
        "|--------|------:|\n"
        "| a\\|b c |     1 |\n");
  const std::string markdown = to_markdown(concluded({}));
  CHECK(has(markdown, "## Theory and measurement"));
  CHECK(!has(markdown, "|>"));
  CHECK(has(markdown, "\\<script\\>"));
}

TEST_CASE("JSON has what the tables have") {
  const auto json = nlohmann::json::parse(to_json(concluded({.max_mean_kl = 0.01})));
  CHECK(json["candidates"].size() == 2);
  CHECK(json["candidates"][0]["comparison"]["kl"]["mean"] == doctest::Approx(0.001));
  CHECK(json["candidates"][0]["bits_per_weight"] == doctest::Approx(8));
  CHECK(json["candidates"][0]["tensors"][0]["scales"]["log2"]["-1"] == 1);
  CHECK(json["candidates"][1]["gate_failures"].size() == 1);
  CHECK(json["winner"] == 0);
}

TEST_CASE("the gate") {
  const Comparison c = tests::small_report().candidates[1].comparison;  // KL 0.1, ratio e^0.1, top-1 1
  CHECK(gate_failures({.max_mean_kl = 0.2}, c).empty());
  CHECK(gate_failures({.max_mean_kl = 0.05}, c).size() == 1);
  CHECK(gate_failures({.max_ppl_ratio = 1.2}, c).empty());
  CHECK(gate_failures({.max_ppl_ratio = 1.1}, c).size() == 1);
  CHECK(gate_failures({.min_top1 = 1}, c).empty());
  CHECK(gate_failures({0.05, 1.1, 0}, c).size() == 2);
  Comparison worse = c;
  worse.top1.mean = 0.8;
  CHECK(gate_failures({.min_top1 = 0.9}, worse).size() == 1);
}

TEST_CASE("the winner is the smallest that passes, or the knee") {
  CHECK(concluded({.max_mean_kl = 1}).winner == 1);
  CHECK(concluded({.max_mean_kl = 0.01}).winner == 0);
  CHECK(!fails_gate(concluded({.max_mean_kl = 1})));
  CHECK(fails_gate(concluded({.max_mean_kl = 0.01})));
  CHECK(!concluded({.max_mean_kl = 1e-6}).winner.has_value());
  const Report open = concluded({});
  CHECK(open.winner == open.knee);
  CHECK(!fails_gate(open));
}

TEST_CASE("formats that no kernel computes with are refused") {
  CHECK_NOTHROW(check_runnable("k", "keep"));
  CHECK_NOTHROW(check_runnable("k", "q8_0"));
  CHECK_THROWS_AS(check_runnable("k", "nonsense"), Error);
  for (const quant::Format& format : quant::formats()) {
    if (!format.on_device) CHECK_THROWS_AS(check_runnable("k", std::string(format.name)), Error);
  }
}

TEST_CASE("figures for people") {
  CHECK(readable_bytes(512) == "512 B");
  CHECK(readable_bytes(1536) == "1.50 KiB");
  CHECK(percent(0.12345) == "12.35 %");
  CHECK(decibel(sqnr_db(1, 0)) == "exact");
  CHECK(decibel(sqnr_db(1000, 1)) == "30.00");
}

TEST_CASE("what the sections say stands in JSON and Markdown, what is left out too") {
  const Report report = concluded({});
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["candidates"][0]["propagation"]["layers"].size() == 3);
  CHECK(json["candidates"][0]["propagation"]["layers"][0]["sqnr_db"].is_null());
  CHECK(json["candidates"][0]["routing"][0]["changed"]["mean"] == doctest::Approx(0.5));
  CHECK(json["candidates"][0]["generation"]["first_differences"].size() == 2);
  CHECK(json["conformance"][0]["mismatches"] == 0);
  CHECK(json["attribution"]["parts"][0]["kl_per_mebibyte"] == doctest::Approx(0.0008));
  CHECK(json["history"][0]["before"] == doctest::Approx(0.002));
  CHECK(json["absent"].size() == 1);
  const std::string markdown = to_markdown(report);
  CHECK(has(markdown, "Left out: x: \\<nothing\\>."));
  CHECK(has(markdown, "mlp (0.0008 nats a MiB)"));
}

TEST_CASE("a report beside an earlier one") {
  Report report = concluded({});
  const std::string earlier = to_json(report);
  report.candidates[0].comparison.kl.mean *= 2;
  const std::vector<HistoryRow> rows = compare_history(report, earlier, "earlier.json");
  const auto kl = std::find_if(rows.begin(), rows.end(), [](const HistoryRow& row) {
    return row.name == "big" && row.figure == "mean KL";
  });
  REQUIRE(kl != rows.end());
  CHECK(kl->now == doctest::Approx(2 * kl->before));
  CHECK_THROWS_AS(compare_history(report, "{\"candidates\": 3}", "x.json"), Error);
  CHECK_THROWS_AS(compare_history(report, "no JSON", "x.json"), Error);
}

TEST_CASE("sections by name") {
  CHECK(sections_of({}).size() == section_names().size());
  CHECK(sections_of({"needle", "routing"}) == Sections{Section::routing, Section::needle});
  CHECK_THROWS_AS(sections_of({"needles"}), Error);
}

TEST_CASE("parts that should stay as they are first take most KL away for a byte") {
  Attribution a{"x", 0.03, {}};
  a.parts.push_back({"mlp", {0.02, 0, 9}, 0.01, 8 << 20});
  a.parts.push_back({"attention", {0.01, 0, 9}, 0.02, 1 << 20});
  a.parts.push_back({"kv cache", {0.001, 0, 9}, 0.02, 0});
  REQUIRE(by_worth(a).size() == 2);
  CHECK(by_worth(a)[0]->name == "attention");
  CHECK(has(advice_of(a), "losses add"));
  a.whole = 0.3;
  CHECK(has(advice_of(a), "do not add"));
}
