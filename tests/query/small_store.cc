#include "tests/query/small_store.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace chartline::query {
namespace {

record::Time time_of(const std::string& word) {
  if (word == "-") return {};
  const auto time = record::parse_time(word);
  EXPECT_TRUE(time) << word << " is no time";
  return time.value_or(record::Time{});
}

void set_times(const std::string& word, record::Event& event) {
  const std::size_t dots = word.find("..");
  event.start = time_of(word.substr(0, dots));
  if (dots == std::string::npos) return;
  const std::string end = word.substr(dots + 2);
  using Form = record::End::Form;
  event.end.form = end.empty() ? Form::ongoing : end == "?" ? Form::unknown : Form::at;
  if (event.end.form == Form::at) event.end.at = time_of(end);
}

record::Code code_of(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return {};
  return {word.substr(0, colon), word.substr(colon + 1), {}};
}

record::Value value_of(std::string_view word) {
  record::Value value;
  using Form = record::Value::Form;
  const std::size_t sign = word.find_first_not_of("<>=");
  const auto comparator = record::parse_comparator(word.substr(0, sign));
  if (const auto number = record::parse_decimal(word.substr(sign)); number && comparator) {
    value.form = Form::number;
    value.comparator = *comparator;
    value.number = *number;
  } else if (word == "true" || word == "false") {
    value.form = Form::boolean;
    value.boolean = word == "true";
  } else if (word.find(':') != std::string_view::npos) {
    value.form = Form::code;
    value.code = code_of(word);
  } else if (const auto time = record::parse_time(word)) {
    value.form = Form::date;
    value.date = *time;
  } else {
    value.form = Form::text;
    value.text = word;
  }
  return value;
}

}  // namespace

SmallStore::SmallStore(std::uint32_t shards)
    : disk_(std::make_shared<engine::MemoryDisk>()), clock_(1'700'000'000'000'000) {
  auto backend = engine::memory_backend(disk_);
  EXPECT_TRUE(engine::Store::init(*backend, {.shards = shards, .zone = "UTC"}));
  engine::StoreOptions options;
  options.clock = &clock_;
  options.fold_in_background = false;
  auto opened = engine::Store::open(std::shared_ptr<engine::Backend>(std::move(backend)), options);
  EXPECT_TRUE(opened);
  store_ = std::move(*opened);
}

void SmallStore::tell(std::string_view lines) {
  std::istringstream in{std::string(lines)};
  for (std::string line; std::getline(in, line);) tell_line(line);
}

void SmallStore::tell_line(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  if (words.empty() || words[0].starts_with('#')) return;
  ++lines_;
  if (words[0] == "at") {
    clock_.set(time_of(words.at(1)).instant());
  } else if (words[0] == "link") {
    EXPECT_TRUE(store_->link({"test", words.at(1)}, {"test", words.at(2)})) << line;
  } else if (words.size() > 3 && record::parse_kind(words[2])) {
    tell_event(words);
  } else {
    tell_person(words);
  }
}

void SmallStore::tell_person(const std::vector<std::string>& words) {
  std::vector<record::Attribute> attributes;
  const auto add = [&](std::string_view name, record::Value::Form form) -> record::Value& {
    attributes.push_back({.name = name, .value = {}});
    attributes.back().value.form = form;
    return attributes.back().value;
  };
  using Form = record::Value::Form;
  if (words.size() > 2 && words[2] != "-") add(record::attribute::birth, Form::date).date = time_of(words[2]);
  if (words.size() > 3 && words[3] != "-") add(record::attribute::death, Form::date).date = time_of(words[3]);
  if (words[1] != "-") add(record::attribute::sex, Form::code).code = {"gender", words[1], {}};
  record::Event event;
  event.kind = record::Kind::patient;
  event.attributes = attributes;
  const std::string id = "who-" + words[0];
  event.record = id;
  write(words[0], event);
}

void SmallStore::tell_event(const std::vector<std::string>& words) {
  record::Event event;
  set_times(words.at(1), event);
  const auto kind = record::parse_kind(words.at(2));
  ASSERT_TRUE(kind) << words[2] << " is no kind of event";
  event.kind = *kind;
  event.code = code_of(words.at(3));
  const std::string id = "r" + std::to_string(lines_);
  event.record = id;
  event.sequence = static_cast<std::uint64_t>(lines_);
  std::string_view organisation = "clinic";
  std::vector<record::Attribute> attributes;
  std::size_t at = 4;
  if (at < words.size() && words[at].find_first_of("=") == std::string::npos) event.value = value_of(words[at++]);
  if (at < words.size() && words[at].find('=') == std::string::npos) event.value.unit = words[at++];
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    const std::size_t equal = word.find('=');
    ASSERT_NE(equal, std::string_view::npos) << word;
    const std::string_view field = word.substr(0, equal), value = word.substr(equal + 1);
    if (field == "status") event.status = record::parse_status(value).value();
    else if (field == "certainty") event.certainty = record::parse_certainty(value).value();
    else if (field == "author") event.author = record::parse_author(value).value();
    else if (field == "source") organisation = value;
    else if (field == "record") event.record = value;
    else if (field == "version") event.version = value;
    else if (field == "encounter") event.encounter = value;
    else if (field.starts_with("attr.")) attributes.push_back({.name = field.substr(5), .value = value_of(value)});
    else ADD_FAILURE() << word;
  }
  event.source.organisation = organisation;
  event.attributes = attributes;
  write(words[0], event);
}

void SmallStore::write(std::string_view person, record::Event event) {
  if (event.source.organisation.empty()) event.source.organisation = "clinic";
  const record::Identifier who{"test", person};
  record::Record record;
  record.identifiers = {&who, 1};
  record.events = {&event, 1};
  const auto written = store_->write({&record, 1}, {});
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_NE(written->outcomes[0].what, engine::Outcome::What::rejected) << written->outcomes[0].reason;
}

}  // namespace chartline::query
