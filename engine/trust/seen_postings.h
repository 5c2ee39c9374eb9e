// Postings as a grant shows them: of patients shown in whole, and as if there were no others. A run in whose blocks nobody is
// left out stays as it is, shared with everyone; others are copied without the rows of those unseen.
#pragma once

#include <vector>

#include "engine/trust/patient_set.h"
#include "engine/view.h"

namespace chartline::engine {

class SeenPostings {
 public:
  // `given`: ids of the shard that may have postings. Borrows the set.
  SeenPostings(const PatientSet& whole, std::uint32_t shard, std::uint32_t given)
      : whole_(whole), shard_(shard), given_(given) {}

  bool shows_all(const stored::PostingRun& run) const;
  bool shows_none(const stored::PostingRun& run) const;
  stored::PostingColumns seen(const stored::PostingColumns& run) const;  // needs posting_field_patient
  void narrow(PostingScan& scan) const;                                  // decoded, or only named
  void narrow(std::vector<stored::Posting>& postings) const;

 private:
  std::uint32_t shown(const stored::PostingRun& run) const;
  std::uint32_t past(const stored::PostingRun& run) const;
  void drop_unseen_runs(PostingScan& scan) const;

  const PatientSet& whole_;
  std::uint32_t shard_, given_;
};

}  // namespace chartline::engine
