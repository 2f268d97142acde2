#include "host/cli/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <string>

#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/log.h"
#include "host/cli/output.h"
#include "host/config/nearest.h"
#include "host/config/reference.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

using Verb = int (*)(const Arguments&);

constexpr const char* kFooter =
    "Exit codes: 0 ok, 1 run failed, 2 usage or configuration, 3 no usable device or kernel build failure,\n"
    "4 model file invalid or unsupported, 5 out of memory, 6 a gate failed, 130 and 143 on signals.\n"
    "`clinfer help VERB` shows a verb's options, `clinfer help config` every key of a run's YAML file.";

/// The whole command line: the parser and what it fills.
struct CommandLine {
  CLI::App app{"clinfer: language models on any OpenCL device, CPU and GPU together", "clinfer"};
  Arguments arguments;
  Verb chosen = nullptr;
  bool help = false;
};

CLI::App* add_verb(CommandLine& line, const char* name, const char* what, Verb verb) {
  CLI::App* sub = line.app.add_subcommand(name, what);
  sub->fallthrough();  // -v and -q may stand after the verb
  sub->callback([verb, &line] { line.chosen = verb; });
  return sub;
}

/// An option that stands for --set KEY=VALUE.
void add_short_form(CLI::App* verb, Arguments& a, const char* name, const std::string& key) {
  verb->add_option_function<std::string>(
      name, [&a, key](const std::string& value) { a.overrides.push_back(key + "=" + value); },
      "--set " + key + "=...");
}

/// llama.cpp's names for keys that are changed often.
void add_short_forms(CLI::App* verb, Arguments& a) {
  const auto add = [&](const char* name, const std::string& key) { add_short_form(verb, a, name, key); };
  add("-n,--n-predict", "generate.max_tokens");
  add("-c,--ctx-size", "kv_cache.max_context");
  add("--temp", "generate.temperature");
  add("--top-k", "generate.top_k");
  add("--top-p", "generate.top_p");
  add("--min-p", "generate.min_p");
  add("--seed", "generate.seed");
}

/// Where a run comes from: a YAML file, a model, or a YAML file with another model.
void add_source(CLI::App* verb, Arguments& a) {
  verb->add_option("config", a.config, "YAML file of the run; may be left out with --model");
  verb->add_option("-m,--model", a.model, "checkpoint folder or .gguf file, before the YAML file's");
  verb->add_option("--device", a.device, "device selector, before the YAML file's");
  verb->add_option("--set", a.overrides, "KEY.PATH=VALUE over the file; may be given again")
      ->take_all()
      ->expected(1);
}

void add_model(CLI::App* verb, Arguments& a) {
  verb->add_option("-m,--model", a.model, "checkpoint folder or .gguf file")->required();
}

void add_profile(CLI::App* verb, Arguments& a) {
  verb->add_option("--profile", a.profile,
                   "write a Chrome trace of every step to this file and a summary to standard error; slower");
}

void declare_looks(CommandLine& line) {
  Arguments& a = line.arguments;
  CLI::App* v =
      add_verb(line, "devices", "list OpenCL platforms and devices, and what their probes found", devices);
  v->add_flag("--json", a.json, "as JSON");

  v = add_verb(line, "inspect", "parameters, caches, work, rooflines, tensors of a model or a config.json",
               inspect);
  v->add_option(
       "model", a.model,
       "checkpoint folder, .gguf file, config.json alone, a run's .yaml, or a .safetensors file (tensors "
       "only where no config.json is beside it)")
      ->required();
  v->add_option("-c,--context", a.context, "tokens in the cache: 4096, or what the model was made for");
  v->add_option("-p,--prompt", a.prompt_tokens, "tokens of a prefill: 512, likewise");
  v->add_flag("--measure", a.measure, "measure read and multiply speed of the devices, and remember them");
  v->add_flag("--json", a.json, "as JSON");

  v = add_verb(line, "plan", "show the graphs lowered: kernels, devices, formats, bytes, reasons", plan);
  add_source(v, a);
  CLI::Option* reasons = v->add_flag("--reasons", a.reasons, "also the variants that were refused, and why");
  CLI::Option* json = v->add_flag("--json", a.json, "as JSON")->excludes(reasons);
  v->add_flag("--dot", a.dot, "the graphs for Graphviz")->excludes(reasons)->excludes(json);
  v->add_option("--html", a.html, "write one self-contained page to this file");

  v = add_verb(line, "tokenize", "token ids of a text", tokenize);
  add_model(v, a);
  v->add_option("-f,--file", a.file, "text file, - for standard input")->required();
  v->add_flag("--special", a.special, "add the special tokens that begin or end a text");
  v->add_flag("--json", a.json, "print {\"ids\": [...]}");
}

void declare_runs(CommandLine& line) {
  Arguments& a = line.arguments;
  CLI::App* v = add_verb(line, "run", "generate text as a YAML file says", run);
  add_source(v, a);
  CLI::Option* prompt = v->add_option("-p,--prompt", a.prompt,
                                      "text to continue, or the one message of a run that has messages");
  v->add_option("-f,--file", a.file, "the same from a file, - for standard input")->excludes(prompt);
  add_short_forms(v, a);
  add_profile(v, a);
  v->add_flag("--print-config", a.print_config, "show every value and where it came from, and stop");
  v->add_flag("--json", a.json, "--print-config as JSON");

  v = add_verb(line, "chat", "talk with a model; one message a line, from a terminal or a pipe", chat);
  add_source(v, a);
  add_short_forms(v, a);

  v = add_verb(line, "logits", "write the logits of token ids to a safetensors file", logits);
  add_model(v, a);
  v->add_option("--ids", a.ids, "token ids: 1,2,3")->required();
  v->add_option("-o,--out", a.out, "file to write: float32 `logits` [tokens, vocab]")->required();
  v->add_option("--device", a.device, "device selector");
  v->add_option("--weights", a.weights, "format that matrices are held in; keep (default): the file's");
  v->add_option("--set", a.overrides, "KEY.PATH=VALUE of a run's configuration")->take_all()->expected(1);

  v = add_verb(line, "bench", "prompt and generation speed, in llama-bench's rows", bench);
  add_source(v, a);
  v->add_option("-p,--n-prompt", a.bench_prompt, "prompt lengths: 512 or 128,512; 0: none")
      ->take_all()
      ->expected(1);
  v->add_option("-n,--n-gen", a.bench_tokens, "generation lengths, likewise")->take_all()->expected(1);
  v->add_option("-d,--n-depth", a.bench_depths, "tokens already in the cache, likewise")
      ->take_all()
      ->expected(1);
  v->add_option("-r,--repetitions", a.repetitions, "times each is measured");
  v->add_option("-o,--output", a.output, "md (default), csv or json")
      ->check(CLI::IsMember({"md", "csv", "json"}));
  add_profile(v, a);
}

void declare_measures(CommandLine& line) {
  Arguments& a = line.arguments;
  CLI::App* v = add_verb(line, "eval", "perplexity of a text, in llama-perplexity's convention", eval);
  add_source(v, a);
  v->add_option("-f,--file", a.file, "text file, - for standard input, before the YAML file's");
  v->add_option("--weights", a.weights, "format that matrices are held in, before the YAML file's");
  v->add_option("--statistics", a.statistics,
                "also write the mean squares of what linear layers read, for weights.importance");
  add_short_form(v, a, "-c,--ctx-size", "eval.context");
  add_short_form(v, a, "--chunks", "eval.chunks");
  add_short_form(v, a, "-b,--batch-size", "runtime.batch_tokens");
  v->add_flag("--json", a.json, "as JSON");

  v = add_verb(line, "tune", "measure the constants of kernels on a device, for all later runs there", tune);
  v->add_option("config", a.config, "YAML file of a run, for its device; may be left out");
  v->add_option("--device", a.device, "device selector, before the YAML file's");
  v->add_option("--budget", a.budget, "about how many seconds it may take: 60");
  v->add_option("-o,--out", a.out, "file to write, in place of the one that runs read by themselves");

  v = add_verb(line, "report", "quantisation accuracy: compare configurations of a model on a text", report);
  add_source(v, a);
  v->add_option("-f,--file", a.file, "text file, before the YAML file's");
  v->add_option("-o,--out", a.out,
                "folder for report.html, .md, .json and winner.yaml, before the YAML file's");
  v->add_flag("--json", a.json, "print the report as JSON, not its summary");
}

void declare_formats(CommandLine& line) {
  Arguments& a = line.arguments;
  CLI::App* v =
      add_verb(line, "codec", "encode the tensors of a file in a weight format, for comparison", codec);
  v->add_option("--format", a.format, "name of the format");
  v->add_option("--scale", a.scale, "words of its scale options: rceil or ue8m0,reciprocal");
  v->add_option("--in", a.in, ".safetensors file of float32 tensors");
  v->add_option("--out", a.out, "file to write: T.codes, T.scales, ..., T.dequantized for each tensor T");
  v->add_option("--device", a.device, "encode on this device");
  v->add_flag("--list", a.list, "list the formats");
}

void declare_quantize(CommandLine& line) {
  Arguments& a = line.arguments;
  CLI::App* v = add_verb(line, "quantize", "write a checkpoint in FP8 as a YAML file's rules say", quantize);
  add_source(v, a);
  v->add_option("-o,--out", a.out, "folder to make, before the YAML file's");

  v = add_verb(line, "rotate", "write a checkpoint that computes the same and quantises with less error",
               rotate);
  v->add_option("-m,--model", a.model, "checkpoint folder")->required();
  v->add_option("-o,--out", a.out, "folder to make")->required();
  v->add_option("--format", a.format, "of the tensors that change: f32 (default), f16 or bf16");
  v->add_flag("--values-only", a.values_only, "the heads' values, not the residual stream");
}

void declare(CommandLine& line) {
  CLI::App& app = line.app;
  app.set_version_flag("--version", "clinfer " CLINFER_VERSION);
  app.add_flag("-v,--verbose", line.arguments.verbose, "log more; -vv still more");
  app.add_flag("-q,--quiet", line.arguments.quiet, "log errors only, no closing table");
  app.get_formatter()->column_width(32);
  app.footer(kFooter);
  app.require_subcommand(1);
  declare_runs(line);
  declare_measures(line);
  declare_formats(line);
  declare_quantize(line);
  declare_looks(line);
  CLI::App* help = app.add_subcommand("help", "options of a verb, or `config`: every key of a YAML file");
  help->add_option("topic", line.arguments.topic, "a verb, or config");
  help->callback([&line] { line.help = true; });
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

/// Throws, naming the one that was probably meant, unless `name` is one of `known`.
void check_known(const char* what, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw Error(Fault::usage, std::string("unknown ") + what + " \"" + name + "\"" +
                                config::did_you_mean(name, known) + " (clinfer --help)");
}

int help(CommandLine& line) {
  const std::string& topic = line.arguments.topic;
  std::vector<std::string> topics = verb_names(line.app);
  topics.push_back("config");
  if (topic.empty()) {
    write_out(line.app.help("", CLI::AppFormatMode::Normal));
  } else if (topic == "config") {
    write_out(config::key_reference());
  } else {
    check_known("topic", topic, topics);
    write_out(line.app.get_subcommand(topic)->help("clinfer"));
  }
  return 0;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CommandLine line;
  declare(line);
  const auto verb = std::find_if(argv + 1, argv + argc, [](const char* word) { return word[0] != '-'; });
  if (verb != argv + argc) check_known("verb", *verb, verb_names(line.app));
  if (argc < 2) throw Error(Fault::usage, "expected a verb (clinfer --help)");
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    write_out(std::string(version.what()) + "\n");
    return 0;
  } catch (const CLI::CallForHelp&) {
    const std::vector<CLI::App*> given = line.app.get_subcommands();
    write_out(given.empty() ? line.app.help() : given.front()->help("clinfer"));
    return 0;
  } catch (const CLI::ParseError& error) {
    throw Error(Fault::usage, std::string(error.what()) + " (clinfer --help)");
  }
  if (line.help) return help(line);
  install_signal_handlers();
  set_up_log({}, line.arguments);
  return line.chosen(line.arguments);
}

}  // namespace clinfer::cli
