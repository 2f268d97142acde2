#define PCRE2_CODE_UNIT_WIDTH 8
#include "host/text/regex.h"

#include <pcre2.h>

#include "host/text/oniguruma_pattern.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr size_t kMaxPatternBytes = 65536;
// Steps of one match: a run of spaces or letters as long as the text must still pass, exponential patterns
// not.
constexpr uint32_t kMatchLimit = 5'000'000;
constexpr uint32_t kMatchLimitPerByte = 16;
constexpr uint32_t kHeapLimitKiB = 256 * 1024;
constexpr size_t kJitStackStart = 32 * 1024;
constexpr size_t kJitStackLimit = 32 * 1024 * 1024;

struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

// What a match writes to; one per thread, made once.
struct Scratch {
  std::unique_ptr<pcre2_match_data, FreeMatch> data{pcre2_match_data_create(1, nullptr)};
  std::unique_ptr<pcre2_match_context, FreeMatch> context{pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_jit_stack, FreeMatch> stack{
      pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr)};

  Scratch() {
    if (!data || !context) throw std::bad_alloc();
    pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

std::string message_of(int code) {
  char buffer[256] = {};
  pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(buffer), sizeof buffer);
  return buffer;
}

uint32_t match_limit(size_t bytes) {
  const uint64_t limit = kMatchLimit + uint64_t{kMatchLimitPerByte} * bytes;
  return limit > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(limit);
}

}  // namespace

struct Regex::Code {
  pcre2_code* compiled = nullptr;
  ~Code() { pcre2_code_free(compiled); }
};

Regex::Regex(std::string_view pattern, std::string where)
    : code_(std::make_unique<Code>()), where_(std::move(where)) {
  if (pattern.size() > kMaxPatternBytes) {
    throw Error(Fault::model, where_ + ": regular expression of more than 65536 bytes");
  }
  const std::string own = oniguruma_to_pcre2(pattern, where_);
  const std::unique_ptr<pcre2_compile_context, FreeMatch> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int code = 0;
  PCRE2_SIZE offset = 0;
  code_->compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(own.data()), own.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code,
                                  &offset, context.get());
  if (code_->compiled == nullptr) {
    throw Error(Fault::model, where_ + ": regular expression does not compile: " + message_of(code));
  }
  pcre2_jit_compile(code_->compiled, PCRE2_JIT_COMPLETE);  // where there is no JIT, the interpreter matches
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

void Regex::for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const {
  thread_local Scratch scratch;
  pcre2_set_match_limit(scratch.context.get(), match_limit(text.size()));
  const PCRE2_SPTR subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t start = 0;
  size_t last_end = std::string_view::npos;
  while (start <= text.size()) {
    const int result = pcre2_match(code_->compiled, subject, text.size(), start, PCRE2_NO_UTF_CHECK,
                                   scratch.data.get(), scratch.context.get());
    if (result == PCRE2_ERROR_NOMATCH) return;
    if (result < 0) {
      throw Error(Fault::model,
                  where_ + ": regular expression takes too long on this text: " + message_of(result));
    }
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(scratch.data.get());
    const size_t begin = range[0];
    const size_t end = range[1];
    if (begin == end && last_end == end) {
      start += start < text.size() ? read_utf8(text, start).bytes : 1;
      continue;
    }
    start = last_end = end;
    found(begin, end);
  }
}

std::string quote_regex(std::string_view literal) {
  std::string out;
  for (char c : literal) {
    if (std::string_view("\\.^$|?*+()[]{}-&#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace clinfer::text
