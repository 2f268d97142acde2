#include "host/config/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

#include "quant/error.h"

namespace clinfer::config {
namespace {

constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxValues = 10'000;

[[noreturn]] void fail(const Place& place, const std::string& reason) {
  throw Error(Fault::usage, place.with_column() + ": " + reason);
}

size_t count(const Value& value) {
  size_t total = 1;
  for (const Value& item : value.items) total += count(item);
  for (const Entry& entry : value.entries) total += count(entry.value);
  return total;
}

/// `line` counts from 0.
bool is_indented_by_tab(const std::string& text, int line) {
  size_t start = 0;
  for (; line > 0 && start != std::string::npos; --line) start = text.find('\n', start) + 1;
  const size_t end = text.find_first_not_of(' ', start);
  return end != std::string::npos && text[end] == '\t';
}

std::string syntax_error(const YAML::Exception& error, const std::string& text) {
  if (!error.mark.is_null() && is_indented_by_tab(text, error.mark.line)) {
    return "a tab in the indentation; expected spaces";
  }
  if (error.msg == YAML::ErrorMsg::DOC_IN_SCALAR) return "a quote that is not closed";
  return "not valid YAML: " + error.msg;
}

/// Builds a Value from the parser's events; yaml-cpp's own nodes keep neither duplicate keys nor their
/// places.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::string file, bool is_override) : file_(std::move(file)), is_override_(is_override) {}

  Value take() { return std::move(root_); }

  Place place(const YAML::Mark& mark) const {
    return is_override_ || mark.is_null() ? Place{file_, 0, 0} : Place{file_, mark.line + 1, mark.column + 1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) fail(place(mark), "a second document; expected one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf({}, mark, anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_tag(mark, tag);
    leaf(tag == "?" || tag.empty() ? Value::literal(text) : Value::string(text), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(place(mark), "an alias inside its own anchor");
    values_ += count(found->second);
    Value copy = found->second;
    copy.place = place(mark);
    attach(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Value::list(), mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Value::map(), mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Value value;
    YAML::anchor_t anchor;
    bool has_key = false;  ///< a key was read and waits for its value
  };

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    const bool own = tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:");
    if (!own) fail(place(mark), "tag " + shown(tag) + " is not supported");
  }

  void open(Value value, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(mark, tag);
    value.place = place(mark);
    if (stack_.size() == kMaxDepth) fail(value.place, "nested deeper than " + std::to_string(kMaxDepth));

    stack_.push_back({std::move(value), anchor});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = frame.value;
    ++values_;
    attach(std::move(frame.value));
  }

  void leaf(Value value, const YAML::Mark& mark, YAML::anchor_t anchor) {
    value.place = place(mark);
    if (anchor != 0) anchors_[anchor] = value;
    ++values_;
    attach(std::move(value));
  }

  bool expects_key() const {
    return !stack_.empty() && stack_.back().value.kind == Value::Kind::map && !stack_.back().has_key;
  }

  void attach(Value value) {
    if (values_ > kMaxValues) fail(value.place, "more than 10000 values (aliases counted each time)");
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().value.kind == Value::Kind::list) {
      stack_.back().value.items.push_back(std::move(value));
    } else if (expects_key()) {
      add_key(value);
    } else {
      stack_.back().value.entries.back().value = std::move(value);
      stack_.back().has_key = false;
    }
  }

  void add_key(const Value& key) {
    if (!key.is_scalar()) fail(key.place, "a key that is " + shown(key) + "; expected a name");
    for (const Entry& other : stack_.back().value.entries) {
      if (other.key != key.text) continue;
      fail(key.place, "duplicate key " + shown(key.text) + ", first given at " + other.place.with_column());
    }
    stack_.back().value.entries.push_back({key.text, {}, key.place});
    stack_.back().has_key = true;
  }

  std::string file_;
  bool is_override_;
  int documents_ = 0;
  size_t values_ = 0;
  Value root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Value> anchors_;
};

}  // namespace

Value parse(const std::string& text, const std::string& file, bool is_override) {
  Builder builder(file, is_override);
  // The end mark makes yaml-cpp 0.7 notice a quote that is not closed.
  std::istringstream in(text + (text.ends_with('\n') ? "...\n" : "\n...\n"));
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    fail(builder.place(error.mark), syntax_error(error, text));
  }
  return builder.take();
}

}  // namespace clinfer::config
