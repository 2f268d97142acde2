#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/config/load.h"

namespace clinfer::cli {

/// What the command line gave; each verb reads the part it declared.
struct Arguments {
  std::string config;                     ///< YAML file of verbs that take one; may be empty with --model
  std::vector<std::string> overrides;     ///< --set key.path=value
  std::string model;                      ///< folder or .gguf
  std::string device;                     ///< --device SELECTOR
  std::string weights;                    ///< --weights FORMAT
  std::optional<std::string> prompt;      ///< run --prompt
  std::string file;                       ///< --file
  std::string out;                        ///< logits, report --out
  std::string ids;                        ///< --ids 1,2,3
  std::string output = "md";              ///< bench -o: md, csv, json
  std::vector<std::string> bench_prompt;  ///< bench -p, as llama-bench: 512 or 128,512; 0: none
  std::vector<std::string> bench_tokens;  ///< bench -n
  std::vector<std::string> bench_depths;  ///< bench -d
  std::optional<int64_t> repetitions;     ///< bench -r
  std::string format;                     ///< codec --format NAME
  std::string scale;                      ///< codec --scale WORDS
  std::string in;                         ///< codec --in FILE
  std::string html;                       ///< plan --html FILE
  std::string topic;                      ///< help TOPIC
  int verbose = 0;                        ///< -v: debug, -vv: trace
  bool quiet = false;                     ///< -q: errors only, no table
  bool json = false;
  bool special = false;  ///< tokenize --special
  bool print_config = false;
  bool reasons = false;                  ///< plan --reasons
  bool dot = false;                      ///< plan --dot
  bool list = false;                     ///< codec --list
  bool measure = false;                  ///< inspect --measure
  std::optional<int64_t> context;        ///< inspect --context
  std::optional<int64_t> prompt_tokens;  ///< inspect --prompt
  bool values_only = false;              ///< rotate --values-only
  std::string statistics;                ///< eval --statistics FILE
  std::string profile;                   ///< run, bench --profile FILE
  double budget = 60;                    ///< tune --budget SECONDS
};

/// The verbs. Each returns the exit code; errors are thrown.
int devices(const Arguments& arguments);
int inspect(const Arguments& arguments);
int run(const Arguments& arguments);
int chat(const Arguments& arguments);
int plan(const Arguments& arguments);
int tokenize(const Arguments& arguments);
int logits(const Arguments& arguments);
int bench(const Arguments& arguments);
int eval(const Arguments& arguments);
int codec(const Arguments& arguments);
int quantize(const Arguments& arguments);
int rotate(const Arguments& arguments);
int report(const Arguments& arguments);
int tune(const Arguments& arguments);

}  // namespace clinfer::cli
