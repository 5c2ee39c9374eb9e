// check(): the order in which a store is proved sound. What each part looks for stands with it.
#include "engine/check_parts.h"
#include "engine/posting_reader.h"

namespace chartline::engine {
namespace {

constexpr std::size_t findings_max = 100;
constexpr std::uint64_t steps_per_report = 1024;

}  // namespace

void Findings::add(std::string finding) {
  if (report.findings.size() < findings_max) report.findings.push_back(std::move(finding));
  else ++report.findings_left_out;
}

Result<void> Findings::step(std::uint64_t steps) {
  done_ += steps;
  if (!options_.progress || (done_ < reported_ + steps_per_report && done_ != steps_)) return {};
  reported_ = done_;
  return options_.progress(done_, steps_) ? Result<void>() : unavailable("cancelled");
}

std::string place(Table table, const ShardMoment& shard) {
  return std::string(name(table)) + ": shard " + std::to_string(shard.shard) + ", ";
}

bool names_are_known(const stored::Row& row, const Dictionary& names) {
  const auto given = [&](stored::Dictionary which, Name number) { return number <= names.size(which); };
  const auto code = [&](Name number) { return given(stored::Dictionary::code, number); };
  const auto value = [&](const stored::RowValue& one) {
    return given(stored::Dictionary::unit, one.unit) && code(one.code);
  };
  if (!code(row.code) || !given(stored::Dictionary::source, row.source) || !value(row.value)) return false;
  for (const Name translation : row.translations)
    if (!code(translation)) return false;
  for (const stored::RowAttribute& attribute : row.attributes)
    if (!given(stored::Dictionary::attribute, attribute.name) || !value(attribute.value)) return false;
  return true;
}

Result<CheckReport> check(Store& store, const CheckOptions& options) {
  Store::Parts& parts = store.parts();
  const View view = store.view();
  const std::vector<ShardMoment>& shards = view.parts().shards;
  std::uint64_t steps = 0;
  for (const ShardMoment& shard : shards)
    steps += shard.patients * (options.deep ? 3ull : 2ull) + posting_names(*shard.dictionary).size();

  CheckReport report;
  Findings findings(report, options, steps);
  if (options.progress && !options.progress(0, steps)) return unavailable("cancelled");
  TRY(check_identity(shards.front(), parts.description.secret, shards, findings));
  TRY(check_terminology(shards.front(), findings));
  for (const ShardMoment& shard : shards) {
    const Shard& log = *parts.shards[shard.shard];
    report.unfolded_commits += shard.commit - shard.base->watermark;
    TRY(check_meta(shard, findings));
    TRY(check_patients(shard, findings));
    TRY(check_postings(shard, findings));
    TRY(check_orphans(shard, findings));
    TRY(check_log(log, shard, findings));
    TRY(check_audit(log, shard, findings));
    if (!options.deep) continue;
    TRY(check_rebuilt(shard, findings));
    TRY(check_replay(log, shard, findings));
  }
  return report;
}

}  // namespace chartline::engine
