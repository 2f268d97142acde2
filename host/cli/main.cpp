#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/log.h"
#include "host/config/nearest.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

using Verb = int (*)(const Arguments&);

/// Declares a verb's options; returns its parser.
CLI::App* add_verb(CLI::App& app, const char* name, const char* what, Verb verb, Verb& chosen) {
  CLI::App* sub = app.add_subcommand(name, what);
  sub->callback([verb, &chosen] { chosen = verb; });
  return sub;
}

void add_config(CLI::App* verb, Arguments& a) {
  verb->add_option("config", a.config, "YAML file of the run")->required();
  verb->add_option("--set", a.overrides, "KEY.PATH=VALUE over the file; may be given again")
      ->take_all()
      ->expected(1);
}

void add_model(CLI::App* verb, Arguments& a) {
  verb->add_option("--model", a.model, "checkpoint folder or .gguf file")->required();
  verb->add_option("--set", a.overrides, "KEY.PATH=VALUE of a run's configuration")->take_all()->expected(1);
}

void declare(CLI::App& app, Arguments& a, Verb& chosen) {
  CLI::App* v = add_verb(app, "devices", "list OpenCL platforms and devices, and what their probes found",
                         devices, chosen);
  v->add_flag("--json", a.json, "as JSON");

  v = add_verb(app, "inspect", "tensors, formats, bytes, family and parameters of a model", inspect, chosen);
  v->add_option("model", a.model, "checkpoint folder or .gguf file")->required();
  v->add_flag("--json", a.json, "as JSON");

  v = add_verb(app, "run", "generate text as a YAML file says", run, chosen);
  add_config(v, a);
  v->add_flag("--print-config", a.print_config, "show every value and where it came from, and stop");
  v->add_flag("--json", a.json, "--print-config as JSON");

  v = add_verb(app, "chat", "talk with a model; one message a line", chat, chosen);
  add_config(v, a);

  v = add_verb(app, "plan", "show the graphs lowered: kernels, devices, formats, bytes, reasons", plan,
               chosen);
  add_config(v, a);
  v->add_flag("--reasons", a.reasons, "also the variants that were refused, and why");
  v->add_flag("--json", a.json, "as JSON");
  v->add_flag("--dot", a.dot, "the graphs for Graphviz");
  v->add_option("--html", a.html, "write one self-contained page to this file");

  v = add_verb(app, "tokenize", "token ids of a text", tokenize, chosen);
  v->add_option("--model", a.model, "checkpoint folder or .gguf file")->required();
  v->add_option("--file", a.file, "text file, - for standard input")->required();
  v->add_flag("--special", a.special, "add the special tokens that begin or end a text");
  v->add_flag("--json", a.json, "print {\"ids\": [...]}");

  v = add_verb(app, "logits", "write the logits of token ids to a safetensors file", logits, chosen);
  add_model(v, a);
  v->add_option("--ids", a.ids, "token ids: 1,2,3")->required();
  v->add_option("--out", a.out, "file to write: float32 `logits` [tokens, vocab]")->required();
  v->add_option("--device", a.device, "device selector");
  v->add_option("--weights", a.weights, "quant format that matrices are held in, or keep");

  v = add_verb(app, "bench", "prompt and generation speed, in llama-bench's rows", bench, chosen);
  add_config(v, a);
  v->add_option("-o,--output", a.output, "md, csv or json")->check(CLI::IsMember({"md", "csv", "json"}));
}

/// Names the verb that was probably meant.
void check_verb(CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(sub->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) != known.end()) return;
  throw Error(Fault::usage,
              "unknown verb \"" + std::string(argv[1]) + "\"" + config::did_you_mean(argv[1], known));
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("clinfer: DeepSeek-V3, LLaMA and Qwen models on any OpenCL device", "clinfer");
  app.set_version_flag("--version", CLINFER_VERSION);
  app.require_subcommand(1);
  Arguments arguments;
  Verb chosen = nullptr;
  declare(app, arguments, chosen);
  check_verb(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    throw Error(Fault::usage, std::string(error.what()) + " (clinfer --help)");
  }
  install_signal_handlers();
  set_up_log({});
  return chosen(arguments);
}

}  // namespace
}  // namespace clinfer::cli

int main(int argc, char** argv) {
  try {
    return clinfer::cli::parse_and_run(argc, argv);
  } catch (const clinfer::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return static_cast<int>(error.fault());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of host memory\n");
    return static_cast<int>(clinfer::Fault::memory);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return static_cast<int>(clinfer::Fault::run);
  }
}
