#include <gtest/gtest.h>

#include <set>

#include "engine/timeline_columns.h"
#include "engine/timeline_cursor.h"
#include "tests/engine/made_moment.h"

namespace chartline::engine {
namespace {

using Version = MadeMoment::Version;

bool is_one_of(const record::Code& code, const std::vector<record::Code>& wanted) {
  return std::ranges::any_of(wanted, [&](const record::Code& one) {
    if (one.system != code.system) return false;
    return one.code.ends_with('*') ? code.code.starts_with(one.code.substr(0, one.code.size() - 1))
                                   : one.code == code.code;
  });
}

// The filter read literally.
bool passes(const record::Event& event, const TimelineFilter& filter) {
  if ((filter.from || filter.to) && !event.start.known()) return false;
  if (filter.from && event.start.day() < *filter.from) return false;
  if (filter.to && event.start.day() > *filter.to) return false;
  if ((filter.kinds >> static_cast<unsigned>(event.kind) & 1) == 0) return false;
  if (!filter.include_hidden && event.status == record::Status::entered_in_error) return false;
  const auto wanted = [&](const record::Code& code) { return is_one_of(code, filter.codes); };
  if (!filter.codes.empty() && !wanted(event.code) && std::ranges::none_of(event.translations, wanted)) return false;
  if (filter.sources.empty()) return true;
  return std::ranges::any_of(filter.sources, [&](const record::Source& source) {
    return (source.organisation.empty() || source.organisation == event.source.organisation) &&
           (source.system.empty() || source.system == event.source.system);
  });
}

std::vector<const Version*> expected(const MadeMoment& made, const std::vector<PatientRef>& person,
                                     const TimelineFilter& filter, Micros as_of) {
  record::Arena room;
  std::vector<const Version*> rows;
  for (const Version& version : made.versions()) {
    const bool is_theirs = std::ranges::find(person, version.patient) != person.end();
    if (!is_theirs || !made.is_current(version.row, as_of)) continue;
    if (passes(to_event(version.row, made.names(version.patient.shard), room), filter)) rows.push_back(&version);
  }
  std::ranges::sort(rows, [&](const Version* a, const Version* b) {
    return before(a->row, made.names(a->patient.shard), b->row, made.names(b->patient.shard));
  });
  if (filter.backwards) std::ranges::reverse(rows);
  return rows;
}

// What is taken column by column is what each event says one by one.
void expect_same_columns(const Timeline& timeline) {
  static TimelineColumns columns;  // as a server has it: used again for the next
  columns.read(timeline);
  ASSERT_EQ(columns.size(), timeline.size());
  std::size_t stretch = 0;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    if (i == columns.stretches[stretch].past) ++stretch;
    EXPECT_EQ(columns.stretches[stretch].shard, timeline.patient(i).shard);
    EXPECT_EQ(columns.number[i], timeline.number(i));
    EXPECT_EQ(columns.kind[i], static_cast<std::uint8_t>(timeline.kind(i)));
    EXPECT_EQ(columns.code[i], timeline.code(i));
    EXPECT_EQ(columns.source[i], timeline.source(i));
    const record::Time start = timeline.start(i);
    EXPECT_EQ(columns.start_local[i], start.local);
    EXPECT_EQ(columns.start_offset[i], start.offset_minutes);
    EXPECT_EQ(columns.start_precision[i], static_cast<std::uint8_t>(start.precision));
    const record::End end = timeline.end(i);
    const record::Time at = end.form == record::End::Form::at ? end.at : record::Time{};
    EXPECT_EQ(columns.end_form[i], static_cast<std::uint8_t>(end.form));
    EXPECT_EQ(columns.end_local[i], at.local);
    EXPECT_EQ(columns.end_offset[i], at.offset_minutes);
    EXPECT_EQ(columns.end_precision[i], static_cast<std::uint8_t>(at.precision));
    using Form = record::Value::Form;
    const stored::RowValue value = timeline.value(i);
    EXPECT_EQ(columns.value_form[i], static_cast<std::uint8_t>(value.form));
    EXPECT_EQ(columns.comparator[i], static_cast<std::uint8_t>(value.comparator));
    EXPECT_EQ(columns.unit[i], value.unit);
    EXPECT_EQ(columns.value[i], value.form == Form::number    ? value.number.mantissa
                                : value.form == Form::boolean ? std::int64_t{value.boolean}
                                : value.form == Form::code    ? std::int64_t{value.code}
                                                              : 0);
    EXPECT_EQ(columns.value_scale[i], value.form == Form::number ? value.number.scale : 0);
  }
  TimelineColumns some;
  for (std::uint32_t field = stored::field_time; field <= stored::field_number; field <<= 1) {
    some.read(timeline, field);
    EXPECT_EQ(some.size(), timeline.size());
    const auto expect_if = [&](std::uint32_t asked, const auto& one, const auto& all) {
      EXPECT_EQ(one, field == asked ? all : std::remove_cvref_t<decltype(all)>()) << "field " << field;
    };
    expect_if(stored::field_time, some.start_local, columns.start_local);
    expect_if(stored::field_time, some.start_offset, columns.start_offset);
    expect_if(stored::field_time, some.start_precision, columns.start_precision);
    expect_if(stored::field_kind, some.kind, columns.kind);
    expect_if(stored::field_code, some.code, columns.code);
    expect_if(stored::field_value, some.value, columns.value);
    expect_if(stored::field_value, some.value_form, columns.value_form);
    expect_if(stored::field_value, some.value_scale, columns.value_scale);
    expect_if(stored::field_value, some.comparator, columns.comparator);
    expect_if(stored::field_unit, some.unit, columns.unit);
    expect_if(stored::field_end, some.end_local, columns.end_local);
    expect_if(stored::field_end, some.end_form, columns.end_form);
    expect_if(stored::field_source, some.source, columns.source);
    expect_if(stored::field_number, some.number, columns.number);
  }
}

void expect_same(const MadeMoment& made, Timeline& timeline, std::span<const Version* const> rows) {
  ASSERT_EQ(timeline.size(), rows.size());
  expect_same_columns(timeline);
  record::Arena room;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const stored::Row& row = rows[i]->row;
    EXPECT_EQ(timeline.patient(i), rows[i]->patient);
    ASSERT_EQ(timeline.number(i), row.number) << "event " << i;
    EXPECT_EQ(timeline.start(i), row.start);
    EXPECT_EQ(timeline.end(i), row.end);
    EXPECT_EQ(timeline.kind(i), row.kind);
    EXPECT_EQ(timeline.code(i), row.code);
    EXPECT_EQ(timeline.source(i), row.source);
    EXPECT_EQ(timeline.value(i).form, row.value.form);
    EXPECT_EQ(timeline.value(i).number, row.value.number);
    EXPECT_EQ(timeline.value(i).unit, row.value.unit);
    const Result<record::Event> event = timeline.event(i);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_TRUE(record::same_content(*event, to_event(row, made.names(rows[i]->patient.shard), room)));
    EXPECT_EQ(event->recorded, row.recorded);
    EXPECT_EQ(event->number, row.number);
  }
}

// A filter over the small world of MadeMoment; borrows from `texts`.
TimelineFilter random_filter(MadeMoment& made, std::list<std::string>& texts) {
  TimelineFilter filter;
  if (made.one_in(3)) filter.from = static_cast<Day>(made.below(12)) - 6;
  if (made.one_in(3)) filter.to = static_cast<Day>(made.below(12)) - 6;
  if (made.one_in(3)) filter.kinds = static_cast<std::uint32_t>(made.below(1u << record::kind_count));
  for (std::uint64_t codes = made.one_in(2) ? made.below(3) : 0; codes > 0; --codes) {
    const char* const stems[] = {"c1", "c1", "none"};
    std::string& code = texts.emplace_back(made.text(stems[made.below(3)], 12));
    if (made.one_in(4)) code.back() = '*';
    filter.codes.push_back({.system = made.one_in(2) ? "snomed" : "local", .code = code, .display = ""});
  }
  for (std::uint64_t sources = made.one_in(3) ? 1 + made.below(2) : 0; sources > 0; --sources) {
    const char* const organisations[] = {"north", "south", "", "nobody"};
    filter.sources.push_back({.organisation = organisations[made.below(4)], .system = made.one_in(3) ? "fhir" : ""});
  }
  filter.include_hidden = made.one_in(2);
  filter.backwards = made.one_in(2);
  return filter;
}

class TimelineReaderTest : public testing::TestWithParam<int> {
 protected:
  std::uint64_t seed() const { return static_cast<std::uint64_t>(GetParam()); }
};

TEST_P(TimelineReaderTest, AgreesWithTheRowsThemselves) {
  SCOPED_TRACE("seed " + std::to_string(seed()));
  const std::uint32_t shards = 1 + seed() % 2, patients = 3;
  MadeMoment made(seed(), shards, patients, 80);
  if (made.one_in(2)) made.link({0, 0}, {shards - 1, 1});
  std::list<std::string> texts;
  Timeline reused;
  for (int round = 0; round < 30; ++round) {
    const Micros as_of = made.one_in(3) ? static_cast<Micros>(1 + made.below(made.commit() + 5)) : INT64_MAX;
    const View view = made.view(as_of);
    TimelineFilter filter = random_filter(made, texts);
    const PatientRef patient{static_cast<std::uint32_t>(made.below(shards)),
                             static_cast<PatientId>(made.below(patients))};
    const auto rows = expected(made, view.linked(patient), filter, as_of);

    const Result<void> read = view.timeline(patient, filter, stored::field_hot, reused);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(reused.next(), "");
    expect_same(made, reused, rows);

    filter.limit = 1 + made.below(7);
    std::size_t seen = 0;
    do {
      ASSERT_TRUE(view.timeline(patient, filter, stored::field_hot, reused));
      ASSERT_LE(seen + reused.size(), rows.size());
      expect_same(made, reused, std::span(rows).subspan(seen, reused.size()));
      seen += reused.size();
      filter.cursor = reused.next();
    } while (!filter.cursor.empty());
    EXPECT_EQ(seen, rows.size());
  }
}

// Whatever the cache holds of the same run, and whatever was read into the same room before.
TEST_P(TimelineReaderTest, TellsWhatIsAskedForAlone) {
  using namespace stored;
  SCOPED_TRACE("seed " + std::to_string(seed()));
  MadeMoment made(seed(), 1, 3, 80);
  Timeline reused;
  for (int round = 0; round < 60; ++round) {
    const View present = made.view(INT64_MAX), view = made.one_in(2) ? present.passing() : present;
    const PatientRef patient{0, static_cast<PatientId>(made.below(3))};
    const auto fields = static_cast<std::uint32_t>(made.below(field_all + 1));
    ASSERT_TRUE(view.timeline(patient, {.include_hidden = true}, fields, reused));
    for (std::size_t i = 0; i < reused.size(); ++i) {
      const record::Event some = reused.event_as_read(i, fields), whole = reused.event(i).value();
      const auto told = [&](std::uint32_t field) { return (fields & field) != 0; };
      const std::string context = "fields " + std::to_string(fields) + ", event " + std::to_string(i);
      if (told(field_time)) EXPECT_EQ(some.start, whole.start) << context;
      if (told(field_kind)) EXPECT_EQ(some.kind, whole.kind) << context;
      if (told(field_code)) EXPECT_TRUE(record::same(some.code, whole.code)) << context;
      if (told(field_end)) EXPECT_EQ(some.end, whole.end) << context;
      if (told(field_state)) EXPECT_EQ(some.author, whole.author) << context;
      if (told(field_number)) EXPECT_EQ(some.number, whole.number) << context;
      if (told(field_value)) EXPECT_EQ(some.value.number, whole.value.number) << context;
      if (told(field_value) && told(field_unit)) EXPECT_EQ(some.value.unit, whole.value.unit) << context;
      if (told(field_text)) EXPECT_EQ(some.value.text, whole.value.text) << context;
      if (told(field_told)) EXPECT_EQ(some.recorded, whole.recorded) << context;
      if (told(field_told)) EXPECT_EQ(some.sequence, whole.sequence) << context;
      if (told(field_record)) EXPECT_EQ(some.record, whole.record) << context;
      if (told(field_record)) EXPECT_EQ(reused.record(i), whole.record) << context;
      if (told(field_encounter)) EXPECT_EQ(some.encounter, whole.encounter) << context;
      if (told(field_encounter)) EXPECT_EQ(reused.encounter(i), whole.encounter) << context;
      if (told(field_translations)) {
        EXPECT_TRUE(std::ranges::equal(some.translations, whole.translations, record::same)) << context;
      }
      if (told(field_attributes)) {
        const auto text_of = [](const record::Attribute& one) { return std::pair(one.name, one.value.text); };
        EXPECT_TRUE(std::ranges::equal(some.attributes, whole.attributes, {}, text_of, text_of)) << context;
      }
    }
  }
}

TEST_P(TimelineReaderTest, ReadsManyAsItReadsOne) {
  SCOPED_TRACE("seed " + std::to_string(seed()));
  MadeMoment made(seed(), 2, 40, 12);
  made.link({0, 3}, {1, 5});
  std::vector<PatientRef> patients;
  for (int i = 0; i < 150; ++i)
    patients.push_back({static_cast<std::uint32_t>(made.below(2)), static_cast<PatientId>(made.below(45))});
  std::list<std::string> texts;
  const Micros as_of = made.one_in(3) ? static_cast<Micros>(1 + made.below(made.commit() + 5)) : INT64_MAX;
  const View view = made.view(as_of);
  const TimelineFilter filter = random_filter(made, texts);
  std::size_t at = 0;
  const Result<void> read =
      view.timelines(patients, filter, stored::field_hot, [&](PatientRef patient, Timeline& timeline) -> Result<void> {
        EXPECT_EQ(patient, patients[at++]);
        expect_same(made, timeline, expected(made, view.linked(patient), filter, as_of));
        return {};
      });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(at, patients.size());
}

TEST_P(TimelineReaderTest, GivesEachFieldAlone) {
  MadeMoment made(seed(), 1, 2, 60);
  const View view = made.view();
  const auto rows = expected(made, {{0, 0}}, {}, INT64_MAX);
  for (std::uint32_t field = 1; field <= stored::field_number; field *= 2) {
    const Result<Timeline> timeline = view.timeline({0, 0}, {}, field);
    ASSERT_TRUE(timeline) << timeline.error().message;
    ASSERT_EQ(timeline->size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const stored::Row& row = rows[i]->row;
      if (field == stored::field_time) {
        EXPECT_EQ(timeline->start(i), row.start);
      }
      if (field == stored::field_kind) {
        EXPECT_EQ(timeline->kind(i), row.kind);
      }
      if (field == stored::field_code) {
        EXPECT_EQ(timeline->code(i), row.code);
      }
      if (field == stored::field_value) {
        EXPECT_EQ(timeline->value(i).number, row.value.number);
      }
      if (field == stored::field_end) {
        EXPECT_EQ(timeline->end(i), row.end);
      }
      if (field == stored::field_source) {
        EXPECT_EQ(timeline->source(i), row.source);
      }
      if (field == stored::field_number) {
        EXPECT_EQ(timeline->number(i), row.number);
      }
    }
  }
}

TEST_P(TimelineReaderTest, GivesEveryVersionInOrder) {
  MadeMoment made(seed(), 1, 2, 80);
  record::Arena room;
  for (const Micros as_of : {Micros{INT64_MAX}, Micros{60}}) {
    const Micros now = std::min<Micros>(as_of, static_cast<Micros>(made.commit()));
    std::vector<const stored::Row*> rows;
    for (const Version& version : made.versions()) {
      if (version.patient == PatientRef{0, 1} && version.row.recorded <= now) rows.push_back(&version.row);
    }
    std::ranges::sort(rows, {}, [](const stored::Row* row) { return std::pair(row->recorded, row->number); });
    const auto versions = made.view(as_of).history({0, 1}, room);
    ASSERT_TRUE(versions) << versions.error().message;
    ASSERT_EQ(versions->size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ((*versions)[i].event.number, rows[i]->number);
      EXPECT_EQ((*versions)[i].event.recorded, rows[i]->recorded);
      EXPECT_EQ((*versions)[i].removed, rows[i]->removed <= now ? rows[i]->removed : 0);
      EXPECT_TRUE(record::same_content((*versions)[i].event, to_event(*rows[i], made.names(0), room)));
    }
  }
}

// One flipped bit anywhere in what a patient's read touches: an error, or (in a part that was not needed) the right answer.
TEST_P(TimelineReaderTest, ReportsEveryDamage) {
  MadeMoment whole(seed(), 1, 1, 40);
  const auto rows = expected(whole, {{0, 0}}, {}, INT64_MAX);
  std::vector<std::tuple<Table, Bytes, Bytes>> stored;
  for (const Table table : {Table::timeline, Table::details}) {
    ASSERT_TRUE(whole.tables(0).scan(table, "", "", nullptr, [&](BytesView key, BytesView value) {
      stored.emplace_back(table, key, value);
      return true;
    }));
  }
  for (const auto& [table, key, value] : stored) {
    for (int flips = 0; flips < 20; ++flips) {
      MadeMoment made(seed(), 1, 1, 40);
      Bytes damaged = value;
      const std::uint64_t bit = whole.below(value.size() * 8);
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      Batch batch;
      if (flips == 0 && key.size() > 4) {
        batch.erase(table, key);
      } else {
        batch.put(table, key, damaged);
      }
      ASSERT_TRUE(made.tables(0).write(batch, false));
      Result<Timeline> timeline = made.view().timeline({0, 0}, {});
      for (std::size_t i = 0; timeline && i < timeline->size(); ++i) {
        if (const auto event = timeline->event(i); !event) timeline = event.error();
      }
      ASSERT_FALSE(timeline && table == Table::timeline) << name(table) << " bit " << bit;
      if (timeline) continue;  // details of a run of which no row is current
      EXPECT_TRUE(timeline.error().fault == Fault::corrupt || timeline.error().fault == Fault::unsupported);
      EXPECT_NE(timeline.error().message.find("timeline: shard 0"), std::string::npos) << timeline.error().message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimelineReaderTest, testing::Range(1, 13));

TEST(TimelineCursor, IsRefusedWhereItDoesNotBelong) {
  MadeMoment made(3, 1, 2, 200);
  const View view = made.view();
  TimelineFilter filter;
  filter.include_hidden = true;
  filter.limit = 2;
  const Result<Timeline> first = view.timeline({0, 0}, filter);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_NE(first->next(), "");
  filter.cursor = first->next();
  EXPECT_TRUE(view.timeline({0, 0}, filter));
  EXPECT_EQ(view.timeline({0, 1}, filter).error().fault, Fault::invalid_request);
  TimelineFilter other = filter;
  other.backwards = true;
  EXPECT_EQ(view.timeline({0, 0}, other).error().fault, Fault::invalid_request);
  EXPECT_EQ(made.view(50).timeline({0, 0}, filter).error().fault, Fault::not_found);
  for (std::size_t i = 0; i < filter.cursor.size(); ++i) {
    other = filter;
    other.cursor[i] = other.cursor[i] == '0' ? '1' : '0';
    EXPECT_EQ(view.timeline({0, 0}, other).error().fault, Fault::invalid_request) << "digit " << i;
  }
  for (const char* garbage : {"0", "zz", "00", "cursor"})
    EXPECT_EQ(parse_cursor(garbage).error().fault, Fault::invalid_request);
  EXPECT_EQ(parse_cursor(std::string(66, 'g')).error().fault, Fault::invalid_request);
}

TEST(TimelineReader, RefusesWhatIsNotThere) {
  MadeMoment made(4, 1, 2, 10);
  const View view = made.view();
  EXPECT_EQ(view.timeline({1, 0}, {}).error().fault, Fault::invalid_request);
  EXPECT_EQ(view.timeline({0, MadeMoment::patients_in_shard}, {}).error().fault, Fault::not_found);
  EXPECT_TRUE(view.timeline({0, MadeMoment::patients_in_shard - 1}, {})->empty());
  TimelineFilter filter;
  filter.limit = 0;
  EXPECT_EQ(view.timeline({0, 0}, filter).error().fault, Fault::invalid_request);
}

TEST(TimelineReader, TakesAnyDaysWithoutOverflow) {
  MadeMoment made(5, 1, 1, 50);
  TimelineFilter filter;
  filter.from = INT32_MIN, filter.to = INT32_MAX;
  const Result<Timeline> timeline = made.view().timeline({0, 0}, filter);
  ASSERT_TRUE(timeline) << timeline.error().message;
  EXPECT_EQ(timeline->size(), expected(made, {{0, 0}}, filter, INT64_MAX).size());
  filter.from = INT32_MAX, filter.to = INT32_MIN;
  EXPECT_TRUE(made.view().timeline({0, 0}, filter)->empty());
}

}  // namespace
}  // namespace chartline::engine
