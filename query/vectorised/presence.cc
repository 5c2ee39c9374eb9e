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
    const engine::PostingScan scan =
        TRY(view.postings(shard, name, block, block, stored::posting_field_patient | stored::posting_field_number));
    for (std::size_t r = 0; r < scan.runs.size(); ++r) {
      const stored::PostingColumns& run = *scan.runs[r];
      const auto& removals = scan.removals[r];
      for (std::size_t i = 0; i < run.count; ++i) {
        const stored::PatientId patient = run.patient[i];
        if (patient < base || patient >= base + block_patients || !left[patient - base]) continue;
        if (!std::ranges::binary_search(removals, stored::Removal{patient, run.number[i]})) left.reset(patient - base);
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
