// Any text as a query: complaints, each with its place, or a tree whose print reads back as the same tree, and answers that are the
// same from both executors, or the same refusal, within the limits of a run.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "query/parse.h"
#include "query/print.h"
#include "query/run.h"

namespace {

using namespace chartline;

constexpr std::size_t asked_bytes_max = 400;  // longer texts are only read: a run takes time
constexpr std::uint64_t run_ms_max = 200;

record::Event event(record::Kind kind, std::string_view system, std::string_view code, record::Day day) {
  record::Event made;
  made.kind = kind;
  made.code = {.system = system, .code = code, .display = {}};
  made.start = record::day_time(day);
  made.source = {.organisation = "fuzz", .system = {}};
  return made;
}

engine::Store& store() {
  static const std::unique_ptr<engine::Store> made = [] {
    auto backend = engine::memory_backend(std::make_shared<engine::MemoryDisk>());
    check(engine::Store::init(*backend, {}).has_value(), "a store in memory");
    auto opened =
        engine::Store::open(std::shared_ptr<engine::Backend>(std::move(backend)), {.fold_in_background = false});
    check(opened.has_value(), "the store opens");
    for (int person = 0; person < 4; ++person) {
      const std::string name = "p" + std::to_string(person);
      const record::Identifier identifier{.system = "fuzz", .value = name};
      std::vector<record::Event> events = {event(record::Kind::condition, "icd10", "E11.9", 18'000 + 100 * person),
                                           event(record::Kind::observation, "loinc", "4548-4", 18'200),
                                           event(record::Kind::medication, "local", "m", 18'100 + person)};
      events[1].value.form = record::Value::Form::number;
      events[1].value.number = record::decimal(40 + 10 * person, 0);
      events[1].value.unit = person % 2 ? "mmol/mol" : "%";
      events[2].end = {record::End::Form::ongoing, {}};
      for (const record::Event& one : events) {
        const record::Record record{
            .identifiers = {&identifier, 1}, .events = {&one, 1}, .original = {}, .demanded_version = {}};
        check((*opened)->write({&record, 1}, {}).has_value(), "a write");
      }
      if (person == 1) check((*opened)->fold().has_value(), "a fold");
    }
    return std::move(*opened);
  }();
  return *made;
}

std::string answer(const query::Prepared& prepared, query::Executor executor) {
  query::Answers answers;
  const auto done = query::run(
      prepared, store(), store().view(),
      {.executor = executor, .threads = 1, .milliseconds_max = run_ms_max, .memory_bytes_max = 1 << 20}, answers);
  if (!done) return done.error().fault == Fault::unavailable ? "limit" : "refused: " + done.error().message;
  std::string text;
  for (const query::Answer& one : answers.all) {
    if (one.schema.statement.starts_with("explain")) continue;  // tells which executor it was
    for (const auto& row : one.rows) {
      for (const query::Cell& cell : row) text += query::print(cell) + "|";
      text += "\n";
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  query::Complaints complaints;
  const query::tree::Query tree = query::parse(text, complaints);
  if (!complaints.empty()) {
    const std::vector<query::Complaint> all = std::move(complaints).sorted();
    for (const query::Complaint& one : all)
      check(one.span.begin <= one.span.end && one.span.end <= size, "a place within the text");
    check(!query::render(all, text).empty(), "complaints are rendered");
    return 0;
  }
  query::Complaints again;
  check(query::tree::same(tree, query::parse(query::print(tree), again)) && again.empty(),
        "a print reads back as the same tree");
  if (size > asked_bytes_max) return 0;
  const auto prepared = query::prepare(store(), text, {});
  if (!prepared || !prepared->complaints.empty()) return 0;
  const std::string plain = answer(*prepared, query::Executor::reference);
  const std::string quick = answer(*prepared, query::Executor::vectorised);
  if (plain != "limit" && quick != "limit") check(plain == quick, "both executors give the same");
  return 0;
}
