#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "host/config/load.h"
#include "tests/host_config/usage_error.h"

using namespace clinfer::config;

namespace {

const std::string kFolder = "tests/data/config/";

struct BadFile {
  const char* name;
  const char* message;  ///< what follows the name; '@' stands for the folder, and first for another file
};

const BadFile kBadFiles[] = {
    {"alias_bomb.yaml", ":6:8: more than 10000 values (aliases counted each time)"},
    {"alias_to_itself.yaml", ":1:18: an alias inside its own anchor"},
    {"cache_format.yaml",
     ":3:11: key kv_cache.format: expected f32, f16, bf16, fp8_e4m3, mxint8, int8 or int4, got f8"},
    {"comment_only.yaml", ": key model.path: expected a checkpoint folder or a .gguf file, got nothing"},
    {"content_missing.yaml", ":3:5: key messages[0]: expected a message with content, which is missing"},
    {"deep.yaml", ":1:40: nested deeper than 32"},
    {"draft_tokens.yaml", ":2:42: key speculative.draft_tokens: expected an integer in [1, 8], got 9"},
    {"duplicate_key.yaml", ":6:3: duplicate key \"seed\", first given at @duplicate_key.yaml:4:3"},
    {"empty.yaml", ": key model.path: expected a checkpoint folder or a .gguf file, got nothing"},
    {"extends_bad_base.yaml",
     "@temperature_bad_negative.yaml:3:16: key generate.temperature: expected a number in [0, 100], got -1"},
    {"extends_circle_a.yaml",
     "@extends_circle_b.yaml:1:10: key extends: a circle: @extends_circle_a.yaml -> @extends_circle_b.yaml "
     "-> @extends_circle_a.yaml"},
    {"extends_circle_b.yaml",
     "@extends_circle_a.yaml:2:10: key extends: a circle: @extends_circle_b.yaml -> @extends_circle_a.yaml "
     "-> @extends_circle_b.yaml"},
    {"extends_folder.yaml", ":2:10: key extends: @: not a regular file"},
    {"extends_itself.yaml", ":1:10: key extends: a circle: @extends_itself.yaml -> @extends_itself.yaml"},
    {"extends_list.yaml", ":2:10: key extends: expected a YAML file, got a list"},
    {"extends_missing.yaml", ":2:10: key extends: @no_such_file.yaml: no such file"},
    {"ignore_eos_bad_yes.yaml", ":3:15: key generate.ignore_eos: expected true or false, got yes"},
    {"kernel_cache_empty.yaml", ":2:25: key runtime.kernel_cache: expected on, off or a folder, got \"\""},
    {"latin1.yaml", ":2:12: not UTF-8 text"},
    {"layers_backwards.yaml",
     ":3:14: key placement[0].layers: expected all, embedding, head, a layer or layers as 0-3, got 3-0"},
    {"layers_open.yaml",
     ":3:14: key placement[0].layers: expected all, embedding, head, a layer or layers as 0-3, got 3-"},
    {"list.yaml", ":1:1: expected a map of sections, got a list"},
    {"list_is_scalar.yaml",
     ":3:9: key generate.stop: expected a list of at most 16, each a string of 1 to 1024 bytes, got END"},
    {"list_key.yaml", ":2:3: a key that is a list; expected a name"},
    {"map_is_list.yaml",
     ":3:18: key runtime.force_variant: expected a map from a name to the name of a kernel variant, got a "
     "list"},
    {"max_tokens_bad_huge.yaml",
     ":3:15: key generate.max_tokens: expected an integer in [0, 16777216], got 1e9"},
    {"max_tokens_bad_negative.yaml",
     ":3:15: key generate.max_tokens: expected an integer in [0, 16777216], got -1"},
    {"merge_key.yaml", ":4:3: key model: unknown key \"<<\"; expected one of path, tokenizer, layers"},
    {"min_p_bad_large.yaml", ":3:10: key generate.min_p: expected a number in [0, 1], got 1.01"},
    {"nul.yaml", ":2:10: a NUL byte; expected UTF-8 text"},
    {"null_key.yaml", ":2:1: a key that is nothing; expected a name"},
    {"open_bracket.yaml", ":2:1: not valid YAML: end of map flow not found"},
    {"open_quote.yaml", ":3:1: a quote that is not closed"},
    {"open_single_quote.yaml", ":3:1: a quote that is not closed"},
    {"placement_without_device.yaml",
     ":3:5: key placement[0]: expected a rule with device, which is missing"},
    {"prompt_and_messages.yaml",
     ":2:9: key prompt: expected to stand without messages (given at @prompt_and_messages.yaml:3)"},
    {"prompt_and_system.yaml",
     ":2:9: key prompt: expected to stand without system (given at @prompt_and_system.yaml:3)"},
    {"repetition_penalty_bad_zero.yaml",
     ":3:23: key generate.repetition_penalty: expected a number in (0, 100], got 0"},
    {"repetition_window_bad_negative.yaml",
     ":3:22: key generate.repetition_window: expected an integer in [0, 16777216], got -1"},
    {"role.yaml", ":3:12: key messages[0].role: expected system, user, assistant or tool, got robot"},
    {"scalar.yaml", ":1:1: expected a map of sections, got just text"},
    {"section_is_scalar.yaml", ":1:8: key model: expected a map, got m"},
    {"seed_bad_negative.yaml", ":3:9: key generate.seed: expected an integer in [0, 2^64 - 1], got -1"},
    {"seed_bad_too_large.yaml",
     ":3:9: key generate.seed: expected an integer in [0, 2^64 - 1], got 18446744073709551616"},
    {"size_negative.yaml",
     ":3:17: key runtime.memory_limit: expected a size below 8388608TiB such as 512MiB or 8GiB, got -1GiB"},
    {"size_overflow.yaml",
     ":3:17: key runtime.memory_limit: expected a size below 8388608TiB such as 512MiB or 8GiB, got 1e30GiB"},
    {"size_unit.yaml",
     ":3:17: key runtime.memory_limit: expected a size below 8388608TiB such as 512MiB or 8GiB, got 8Gigs"},
    {"stop_bad_empty_string.yaml",
     ":3:10: key generate.stop[0]: expected a string of 1 to 1024 bytes, got \"\""},
    {"stop_bad_null.yaml", ":3:13: key generate.stop[1]: expected a string of 1 to 1024 bytes, got nothing"},
    {"stop_bad_too_many.yaml", ":3:58: key generate.stop: expected at most 16 items, got q"},
    {"string_is_map.yaml", ":2:9: key prompt: expected text of at most 1048576 bytes, got a map"},
    {"surrogate.yaml", ":1:9: not UTF-8 text"},
    {"system_twice.yaml",
     ":2:9: key system: expected to stand without messages (given at @system_twice.yaml:3)"},
    {"tab_indent.yaml", ":2:6: a tab in the indentation; expected spaces"},
    {"tag.yaml", ":2:9: tag \"!include\" is not supported"},
    {"temperature_bad_comma.yaml", ":3:16: key generate.temperature: expected a number in [0, 100], got 0,7"},
    {"temperature_bad_huge.yaml",
     ":3:16: key generate.temperature: expected a number in [0, 100], got 1e308"},
    {"temperature_bad_inf.yaml", ":3:16: key generate.temperature: expected a number in [0, 100], got .inf"},
    {"temperature_bad_nan.yaml", ":3:16: key generate.temperature: expected a number in [0, 100], got .nan"},
    {"temperature_bad_negative.yaml",
     ":3:16: key generate.temperature: expected a number in [0, 100], got -1"},
    {"temperature_bad_overflow.yaml",
     ":3:16: key generate.temperature: expected a number in [0, 100], got 1e400"},
    {"temperature_bad_string.yaml",
     ":3:16: key generate.temperature: expected a number in [0, 100], got \"0.7\""},
    {"temperature_bad_word.yaml", ":3:16: key generate.temperature: expected a number in [0, 100], got hot"},
    {"top_k_bad_float.yaml", ":3:10: key generate.top_k: expected an integer in [0, 2147483647], got 1.5"},
    {"top_k_bad_negative.yaml", ":3:10: key generate.top_k: expected an integer in [0, 2147483647], got -5"},
    {"top_k_bad_octal.yaml", ":3:10: key generate.top_k: expected an integer in [0, 2147483647], got 010"},
    {"top_p_bad_two.yaml", ":3:10: key generate.top_p: expected a number in (0, 1], got 2"},
    {"top_p_bad_zero.yaml", ":3:10: key generate.top_p: expected a number in (0, 1], got 0"},
    {"two_documents.yaml", ":2:1: a second document; expected one"},
    {"unknown_key.yaml", ":3:3: key model: unknown key \"tokeniser\"; did you mean tokenizer?"},
    {"unknown_key_elsewhere.yaml", ":2:1: unknown key \"temperature\"; did you mean generate.temperature?"},
    {"unknown_key_far.yaml", ":3:3: key log: unknown key \"zzzzzzzz\"; expected one of level, file, format"},
    {"unknown_key_in_list.yaml", ":3:5: key placement[0]: unknown key \"layer\"; did you mean layers?"},
    {"utf16.yaml", ":1:1: not UTF-8 text"},
    {"variable_name.yaml",
     ":2:9: key prompt: expected a variable as in ${NAME} or ${NAME:-default} ($${ gives a plain ${), got "
     "${1}"},
    {"variable_open.yaml",
     ":2:9: key prompt: expected a } that closes ${ ($${ gives a plain ${), got ${HOME"},
    {"variable_unset.yaml",
     ":2:9: key model.path: expected environment variable CLINFER_TEST_UNSET to be set, or "
     "${CLINFER_TEST_UNSET:-default}, got ${CLINFER_TEST_UNSET}/m"},
    {"version_2.yaml", ":1:10: key version: expected 1, got 2"},
    {"weights_format.yaml",
     ":3:11: key weights.format: expected keep or the name of a weight format, got ../x"},
};

std::string expected_message(const BadFile& bad) {
  const std::string text = bad.message;
  std::string out = text.starts_with('@') ? "" : kFolder + bad.name;
  for (const char c : text) out += c == '@' ? kFolder : std::string(1, c);
  return out;
}

}  // namespace

TEST_CASE("every bad file gives its message") {
  unsetenv("CLINFER_TEST_UNSET");
  for (const BadFile& bad : kBadFiles) {
    CAPTURE(bad.name);
    CHECK(usage_error([&] { load(kFolder + bad.name); }) == expected_message(bad));
  }
}

TEST_CASE("every file of the corpus is in the list") {
  std::set<std::string> listed;
  for (const BadFile& bad : kBadFiles) listed.insert(bad.name);
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.is_regular_file()) present.insert(entry.path().filename().string());
  }
  CHECK(listed == present);
}
