#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

Outcome run_with(const std::vector<std::string>& arguments, const Scratch& scratch) {
  return run_clinfer({arguments, "", {"XDG_CONFIG_HOME=" + scratch.path("config")}});
}

std::vector<std::string> run_tuned(const std::string& file) {
  return {"run", "-m", kQwen, "-p", "Once", "-n", "2", "-q", "--set", "runtime.tuning=" + file};
}

}  // namespace

TEST_CASE("tune: a short one writes a file that runs take") {
  const Scratch scratch;
  const std::string file = scratch.path("constants.yaml");
  const Outcome tuned = run_with({"tune", "--device", "cpu,gpu", "--budget", "1e-9", "-o", file}, scratch);
  CAPTURE(tuned.err);
  CHECK(tuned.code == 0);
  CHECK(tuned.out.find("workers_per_unit") != std::string::npos);
  CHECK(tuned.out.find("not reached") != std::string::npos);
  CHECK(tuned.out.find("written to " + file) != std::string::npos);
  CHECK(scratch.names() == std::vector<std::string>{"constants.yaml"});
  std::vector<std::string> arguments = run_tuned(file);
  arguments.insert(arguments.end(), {"--device", "cpu,gpu"});
  CHECK(run_with(arguments, scratch).code == 0);
}

TEST_CASE("tune: the user's file is the one that runs and devices read") {
  const Scratch scratch;
  const Outcome tuned = run_with({"tune", "--budget", "1e-9"}, scratch);
  CHECK(tuned.code == 0);
  const std::string marker = "written to " + scratch.path("config/clinfer/device/");
  CHECK(tuned.out.find(marker) != std::string::npos);
  const Outcome listed = run_with({"devices"}, scratch);
  CHECK(listed.out.find("tuning   user: 0 constants") != std::string::npos);
  const auto json = nlohmann::json::parse(run_with({"devices", "--json"}, scratch).out);
  bool of_user = false;
  for (const auto& device : json["devices"]) of_user |= device["tuning"]["source"] == "user";
  CHECK(of_user);
}

TEST_CASE("tune: what is refused") {
  const Scratch scratch;
  const std::string other =
      scratch.write("other.yaml", "device: no such device\nplatform: none\ndriver: \"1\"\nconstants: {}\n");
  const std::string unknown =
      scratch.write("unknown.yaml", "device: \"*\"\nplatform: P\ndriver: \"1\"\nconstants: {frobs: 3}\n");
  const std::string odd = scratch.write(
      "odd.yaml", "device: \"*\"\nplatform: P\ndriver: \"1\"\nconstants: {workers_per_unit: 7}\n");
  struct Row {
    std::vector<std::string> arguments;
    std::string says;
  };
  const Row rows[] = {{{"tune", "--budget", "0"}, "--budget"},
                      {{"tune", "--budget", "-1"}, "--budget"},
                      {{"tune", "--budget", "nan"}, "--budget"},
                      {{"tune", "--budget", "x"}, "--budget"},
                      {{"tune", "--device", "cpu&"}, "device selector"},
                      {{"tune", "absent.yaml"}, "absent.yaml"},
                      {{"tune", "-o", scratch.path("absent/x.yaml")}, "absent"},
                      {run_tuned("absent.yaml"), "absent.yaml"},
                      {run_tuned(other), "speaks of no such device"},
                      {run_tuned(unknown), "frobs"},
                      {run_tuned(odd), "expected one of 1, 2, 4"}};
  for (const Row& row : rows) {
    CAPTURE(row.arguments.back());
    const Outcome outcome = run_with(row.arguments, scratch);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(is_one_error_line(outcome.err));
    CHECK(outcome.err.find(row.says) != std::string::npos);
  }
  CHECK(scratch.names().size() == 3);
}

TEST_CASE("tune: a signal leaves no file") {
  const Scratch scratch;
  Child child({{"tune", "--budget", "600", "-o", scratch.path("constants.yaml"), "-v"}, ""});
  CHECK(child.wait_for_err("measuring"));
  child.send(2);
  CHECK(child.finish().code == 130);
  CHECK(scratch.names().empty());
}
