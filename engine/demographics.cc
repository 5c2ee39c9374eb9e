#include "engine/demographics.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "base/check.h"
#include "base/hash.h"
#include "engine/decoded_cache.h"
#include "formats/stored/columns.h"

namespace chartline::engine {
namespace {

using record::Precision;
using record::Time;
using stored::Row;
using stored::RowValue;

constexpr std::uint8_t page_version = 1;
constexpr std::uint32_t day_zero = 0x80000000u;

Time whole_day(const Time& time) {
  if (!time.known()) return {};
  return {.local = time.day() * record::micros_per_day,
          .offset_minutes = 0,
          .precision = std::min(time.precision, Precision::day)};
}

// The value of one attribute, of the row told last.
class Latest {
 public:
  Latest(std::optional<Name> name, record::Value::Form form) : name_(name), form_(form) {}
  void offer(const Row& row) {
    for (const stored::RowAttribute& attribute : row.attributes) {
      if (attribute.name != name_ || attribute.value.form != form_) continue;
      const std::tuple told{row.recorded, row.number};
      if (!value_ || told > told_) told_ = told, value_ = attribute.value;
    }
  }
  const std::optional<RowValue>& value() const { return value_; }

 private:
  std::optional<Name> name_;
  record::Value::Form form_;
  std::tuple<Micros, std::uint32_t> told_;
  std::optional<RowValue> value_;
};

}  // namespace

Demographics demographics_of(std::span<const Row> rows, const Dictionary& names) {
  using Form = record::Value::Form;
  Latest birth(names.find_attribute(record::attribute::birth), Form::date);
  Latest sex(names.find_attribute(record::attribute::sex), Form::code);
  Latest death(names.find_attribute(record::attribute::death), Form::date);
  Demographics who;
  Time earliest_death;
  for (const Row& row : rows) {
    if (row.status == record::Status::entered_in_error) continue;
    if (row.kind == record::Kind::patient) {
      birth.offer(row), sex.offer(row), death.offer(row);
    } else if (row.kind == record::Kind::death && row.certainty != record::Certainty::refuted) {
      who.dead = true;
      const bool earlier = !earliest_death.known() || row.start.instant() < earliest_death.instant();
      if (row.start.known() && earlier) earliest_death = row.start;
    }
  }
  if (birth.value()) who.birth = whole_day(birth.value()->date);
  if (sex.value()) who.sex = sex.value()->code;
  if (death.value()) {
    who.dead = true;
    who.death = whole_day(death.value()->date);
  }
  if (!who.death.known()) who.death = whole_day(earliest_death);
  return who;
}

void DemographicsPage::set(std::uint32_t place, const Demographics& who) {
  check(place < stored::block_patients, "a place of the block");
  const Entry entry{.birth_day = who.birth.day(),
                    .death_day = who.death.day(),
                    .sex = who.sex,
                    .birth_precision = who.birth.precision,
                    .death_precision = who.death.precision,
                    .dead = who.dead};
  if (place >= entries_.size()) entries_.resize(place + 1);
  entries_[place] = entry;
  while (!entries_.empty() && entries_.back() == Entry()) entries_.pop_back();
}

Demographics DemographicsPage::at(std::uint32_t place) const {
  if (place >= entries_.size()) return {};
  const Entry& entry = entries_[place];
  const auto time = [](record::Day day, Precision precision) {
    return Time{.local = day * record::micros_per_day, .offset_minutes = 0, .precision = precision};
  };
  return {.birth = time(entry.birth_day, entry.birth_precision),
          .death = time(entry.death_day, entry.death_precision),
          .dead = entry.dead,
          .sex = entry.sex};
}

Bytes demographics_key(std::uint32_t block) {
  Bytes key = "demographics/";
  Writer(key).u32be(block);
  return key;
}

Bytes encode(const DemographicsPage& page) {
  const auto& entries = page.entries_;
  Bytes bytes;
  Writer out(bytes);
  out.u8(page_version);
  out.u16(static_cast<std::uint16_t>(entries.size()));
  std::vector<std::uint32_t> column(entries.size());
  const auto pack = [&](const auto& field) {
    std::ranges::transform(entries, column.begin(), field);
    stored::pack(column, bytes);
  };
  using Entry = DemographicsPage::Entry;
  pack([](const Entry& e) { return static_cast<std::uint32_t>(e.birth_day) ^ day_zero; });
  pack([](const Entry& e) { return static_cast<std::uint32_t>(e.birth_precision); });
  pack([](const Entry& e) { return static_cast<std::uint32_t>(e.death_day) ^ day_zero; });
  pack([](const Entry& e) { return static_cast<std::uint32_t>(e.death_precision); });
  pack([](const Entry& e) { return std::uint32_t{e.dead}; });
  pack([](const Entry& e) { return e.sex; });
  out.u64(hash64(bytes));
  return bytes;
}

Result<DemographicsPage> decode_demographics(BytesView bytes) {
  constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);
  if (bytes.size() < checksum_bytes) return corrupt("page of demographics: too short");
  const BytesView body = bytes.substr(0, bytes.size() - checksum_bytes);
  if (Reader(bytes.substr(body.size())).u64() != hash64(body)) return corrupt("page of demographics: checksum differs");
  Reader in(body);
  if (in.u8() != page_version) return unsupported("page of demographics: written by a newer version");
  const std::size_t count = in.u16();
  if (count > stored::block_patients) return corrupt("page of demographics: more patients than a block has");

  DemographicsPage page;
  page.entries_.resize(count);
  std::vector<std::uint32_t> room;
  const auto unpack = [&](const auto& set) {
    stored::Column<std::uint32_t> column;
    if (!stored::unpack(in, count, room, column)) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!set(page.entries_[i], column[i])) return false;
    }
    return true;
  };
  using Entry = DemographicsPage::Entry;
  const auto to_day = [](record::Day& day, std::uint32_t word) {
    return day = static_cast<record::Day>(word ^ day_zero), true;
  };
  const auto to_precision = [](Precision& precision, std::uint32_t word) {
    precision = static_cast<Precision>(word);
    return word <= static_cast<std::uint32_t>(Precision::day);
  };
  const bool whole = unpack([&](Entry& e, std::uint32_t word) { return to_day(e.birth_day, word); }) &&
                     unpack([&](Entry& e, std::uint32_t word) { return to_precision(e.birth_precision, word); }) &&
                     unpack([&](Entry& e, std::uint32_t word) { return to_day(e.death_day, word); }) &&
                     unpack([&](Entry& e, std::uint32_t word) { return to_precision(e.death_precision, word); }) &&
                     unpack([&](Entry& e, std::uint32_t word) { return e.dead = word == 1, word <= 1; }) &&
                     unpack([&](Entry& e, std::uint32_t word) { return e.sex = word, true; }) && in.done();
  if (!whole) return corrupt("page of demographics: a column is not what was written");
  return page;
}

Result<std::shared_ptr<const DemographicsPage>> read_demographics(const ShardMoment& shard, std::uint32_t block) {
  const DecodedCache::Key key = shard.cache->settled(
      {.sort = DecodedCache::Sort::demographics, .shard = shard.shard, .owner = block, .run = shard.base->serial});
  if (auto known = shard.cache->find<DemographicsPage>(key)) return known;
  Pinned value;
  std::shared_ptr<const DemographicsPage> page;
  if (TRY(shard.tables->get(Table::meta, demographics_key(block), shard.base->snapshot.get(), value))) {
    Result<DemographicsPage> decoded = decode_demographics(value.bytes());
    if (!decoded) {
      return Error{decoded.error().fault, "meta: shard " + std::to_string(shard.shard) + ", block " +
                                              std::to_string(block) + ": " + decoded.error().message};
    }
    page = std::make_shared<const DemographicsPage>(std::move(decoded).value());
  } else {
    page = std::make_shared<const DemographicsPage>();
  }
  shard.cache->keep(key, page, page->bytes());
  return page;
}

}  // namespace chartline::engine
