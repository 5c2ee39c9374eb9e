#include "engine/timeline_filter.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace chartline::engine {
namespace {

using stored::Column;
using stored::Row;

constexpr std::uint32_t all_kinds = (1u << record::kind_count) - 1;
constexpr std::uint32_t day_zero = 0x80000000u;
constexpr auto no_precision = static_cast<std::uint32_t>(record::Precision::none);
constexpr auto hidden_status = static_cast<std::uint32_t>(record::Status::entered_in_error);

// No local day begins farther from the same day of UTC than the greatest offset.
constexpr Micros offset_max = -Micros{std::numeric_limits<std::int16_t>::min()} * 60 * record::micros_per_second;

Micros start_of(std::int64_t day) {
  constexpr std::int64_t least = INT64_MIN / record::micros_per_day, greatest = INT64_MAX / record::micros_per_day;
  return std::clamp(day, least, greatest) * record::micros_per_day;
}
Micros less(Micros at, Micros by) { return at < INT64_MIN + by ? INT64_MIN : at - by; }
Micros more(Micros at, Micros by) { return at > INT64_MAX - by ? INT64_MAX : at + by; }

bool is_prefix(const record::Code& code) { return code.code.ends_with('*'); }

void add_codes(const record::Code& wanted, const Dictionary& names, std::vector<Name>& to) {
  if (!is_prefix(wanted)) {
    if (const std::optional<Name> name = names.find(wanted)) to.push_back(*name);
    return;
  }
  const std::string_view prefix = wanted.code.substr(0, wanted.code.size() - 1);
  for (Name name = 1; name <= names.size(stored::Dictionary::code); ++name) {
    const record::Code code = names.code(name);
    if (code.system == wanted.system && code.code.starts_with(prefix)) to.push_back(name);
  }
}

void add_sources(const record::Source& wanted, const Dictionary& names, std::vector<Name>& to) {
  for (Name name = 1; name <= names.size(stored::Dictionary::source); ++name) {
    const record::Source source = names.source(name);
    const bool same_organisation = wanted.organisation.empty() || source.organisation == wanted.organisation;
    const bool same_system = wanted.system.empty() || source.system == wanted.system;
    if (same_organisation && same_system) to.push_back(name);
  }
}

void sort_once(std::vector<Name>& names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// The columns of a run, and of rows of the delta, under the same names.
struct RunFields {
  const stored::RunColumns& columns;
  std::size_t count() const { return columns.count; }
  const auto& day() const { return columns.day; }
  const auto& precision() const { return columns.precision; }
  const auto& kind() const { return columns.kind; }
  const auto& status() const { return columns.status; }
  const auto& source() const { return columns.source; }
  const auto& number() const { return columns.number; }
};

template <typename Get>
struct RowField {
  std::span<const Row* const> rows;
  Get get;
  bool is_constant() const { return false; }
  std::uint32_t operator[](std::size_t i) const { return static_cast<std::uint32_t>(get(*rows[i])); }
};

struct RowFields {
  std::span<const Row* const> rows;
  std::size_t count() const { return rows.size(); }
  auto day() const {
    return field([](const Row& row) { return static_cast<std::uint32_t>(row.start.day()) ^ day_zero; });
  }
  auto precision() const {
    return field([](const Row& row) { return row.start.precision; });
  }
  auto kind() const {
    return field([](const Row& row) { return row.kind; });
  }
  auto status() const {
    return field([](const Row& row) { return row.status; });
  }
  auto source() const {
    return field([](const Row& row) { return row.source; });
  }
  auto number() const {
    return field([](const Row& row) { return row.number; });
  }

 private:
  template <typename Get>
  RowField<Get> field(Get get) const {
    return {rows, get};
  }
};

// Drops the rows whose field does not pass; asks once where all are the same.
template <typename Field, typename Passes>
void narrow(std::vector<std::uint32_t>& chosen, const Field& field, const Passes& passes) {
  if (chosen.empty()) return;
  if (field.is_constant()) {
    if (!passes(field[0])) chosen.clear();
    return;
  }
  std::erase_if(chosen, [&](std::uint32_t row) { return !passes(field[row]); });
}

}  // namespace

CompiledFilter::CompiledFilter(const TimelineFilter& filter, const ViewParts& moment)
    : filter_(filter),
      by_day_(filter.from || filter.to),
      first_instant_(filter.from ? less(start_of(*filter.from), offset_max) : INT64_MIN),
      last_instant_(filter.to ? more(start_of(std::int64_t{*filter.to} + 1), offset_max) : INT64_MAX) {
  if (by_day_) fields_ |= stored::field_time;
  if ((filter.kinds & all_kinds) != all_kinds) fields_ |= stored::field_kind;
  if (!filter.codes.empty()) fields_ |= stored::field_code;
  if (!filter.sources.empty()) fields_ |= stored::field_source;
  if (!filter.include_hidden) fields_ |= stored::field_state;
  if (filter.codes.empty() && filter.sources.empty()) return;
  for (const ShardMoment& shard : moment.shards) {
    Names& names = names_.emplace_back();
    for (const record::Code& code : filter.codes) add_codes(code, *shard.dictionary, names.codes);
    for (const record::Source& source : filter.sources) add_sources(source, *shard.dictionary, names.sources);
    sort_once(names.codes);
    sort_once(names.sources);
  }
}

bool CompiledFilter::reaches_shard(std::uint32_t shard) const {
  return names_.empty() || ((filter_.codes.empty() || !names_[shard].codes.empty()) &&
                            (filter_.sources.empty() || !names_[shard].sources.empty()));
}

void CompiledFilter::choose(const stored::RunColumns& columns, std::uint32_t shard,
                            std::span<const std::uint32_t> taken, std::vector<std::uint32_t>& chosen) const {
  choose_by(RunFields{columns}, shard, taken, chosen);
}
void CompiledFilter::choose(std::span<const Row* const> rows, std::uint32_t shard, std::span<const std::uint32_t> taken,
                            std::vector<std::uint32_t>& chosen) const {
  choose_by(RowFields{rows}, shard, taken, chosen);
}

template <typename Columns>
void CompiledFilter::choose_by(const Columns& columns, std::uint32_t shard, std::span<const std::uint32_t> taken,
                               std::vector<std::uint32_t>& chosen) const {
  chosen.resize(columns.count());
  std::iota(chosen.begin(), chosen.end(), 0u);
  if (by_day_) {
    const auto biased = [](std::optional<Day> day, std::uint32_t otherwise) {
      return day ? static_cast<std::uint32_t>(*day) ^ day_zero : otherwise;
    };
    const std::uint32_t from = biased(filter_.from, 0), to = biased(filter_.to, UINT32_MAX);
    narrow(chosen, columns.day(), [=](std::uint32_t day) { return from <= day && day <= to; });
    narrow(chosen, columns.precision(), [](std::uint32_t precision) { return precision != no_precision; });
  }
  if (fields_ & stored::field_kind) {
    narrow(chosen, columns.kind(), [this](std::uint32_t kind) { return (filter_.kinds >> kind & 1) != 0; });
  }
  if (!filter_.include_hidden) {
    narrow(chosen, columns.status(), [](std::uint32_t status) { return status != hidden_status; });
  }
  if (!filter_.sources.empty()) {
    const std::vector<Name>& sources = names_[shard].sources;
    narrow(chosen, columns.source(), [&](std::uint32_t source) { return std::ranges::binary_search(sources, source); });
  }
  if (!taken.empty()) {
    narrow(chosen, columns.number(), [=](std::uint32_t number) { return !std::ranges::binary_search(taken, number); });
  }
}

}  // namespace chartline::engine
