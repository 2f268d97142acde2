#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/config/load.h"

namespace clinfer::cli {

/// What the command line gave; each verb reads the part it declared.
struct Arguments {
  std::string config;                  ///< YAML file of verbs that take one
  std::vector<std::string> overrides;  ///< --set key.path=value
  std::string model;                   ///< folder or .gguf of verbs that take a model
  std::string device;                  ///< --device SELECTOR
  std::string weights = "keep";        ///< --weights FORMAT
  std::string file;                    ///< --file
  std::string out;                     ///< --out
  std::string ids;                     ///< --ids 1,2,3
  std::string output = "md";           ///< bench -o: md, csv, json
  std::string html;                    ///< plan --html FILE
  bool json = false;
  bool special = false;  ///< tokenize --special
  bool print_config = false;
  bool reasons = false;  ///< plan --reasons
  bool dot = false;      ///< plan --dot
  bool help_config = false;
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

}  // namespace clinfer::cli
