// Common codes come first, for names are given as codes are met, and leave few whose timelines must be looked at.
#include "query/vectorised/presence.h"

#include <algorithm>

namespace chartline::query::vectorised {
namespace {

constexpr std::size_t looked_up_max = 64;

}  // namespace

Result<Odd> present(const engine::View& view, std::uint32_t shard, std::uint32_t block, const Odd& asked) {
  const stored::PatientId base = block * block_patients;
  Odd left = asked;
  for (engine::Name name = 0; name <= view.codes(shard) && left.count() > looked_up_max; ++name) {
    constexpr std::uint32_t fields = stored::posting_field_patient;
    engine::PostingScan scan = TRY(view.postings(shard, name, block, block, fields));
    const bool removed = std::ranges::any_of(scan.removals, [](const auto& pairs) { return !pairs.empty(); });
    if (removed) scan = TRY(view.postings(shard, name, block, block, fields | stored::posting_field_number));
    for (std::size_t r = 0; r < scan.runs.size(); ++r) {
      const stored::PostingColumns& run = *scan.runs[r];
      const auto& removals = scan.removals[r];
      const std::size_t first = first_where(0, run.count, [&](std::size_t i) { return run.patient[i] >= base; });
      for (std::size_t at = first; at < run.count && run.patient[at] < base + block_patients; ++at) {
        const stored::Removal pair{run.patient[at], run.number[at]};
        if (!removed || !std::ranges::binary_search(removals, pair)) left.reset(pair.patient - base);
      }
    }
    for (const stored::Posting& posting : scan.added) left.reset(posting.patient - base);
  }
  Odd nobody;
  engine::Timeline timeline;
  for (std::uint32_t place = 0; place < block_patients; ++place) {
    if (!left[place]) continue;
    TRY(view.own_timeline({shard, base + place}, {.include_hidden = true, .limit = 1}, stored::field_time, timeline));
    if (!timeline.empty()) continue;
    const engine::Demographics who = TRY(view.demographics(engine::PatientRef{shard, base + place}));
    if (!who.birth.known() && !who.dead && who.sex == 0) nobody.set(place);
  }
  return asked & ~nobody;
}

}  // namespace chartline::query::vectorised
