// OmopTerms: the vocabulary tables of an OMOP database, handed over as terminology.
//
//   concept                each row a Concept, named by the code that events carry (see omop_concepts.h)
//   vocabulary             each row a Concept of system "vocabulary", its version behind its name
//   concept_ancestor       descendant is_a ancestor, at the least number of levels; a concept's row with itself says nothing
//   concept_relationship   valid "Maps to" rows of two different concepts: from maps_to to. Rows of other relationships are
//                          counted, and reported once per file
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "formats/exchange/csv.h"
#include "formats/exchange/omop_context.h"
#include "formats/exchange/row_report.h"

namespace chartline::exchange {

class OmopTerms {
 public:
  static bool is_one(std::string_view table);

  virtual ~OmopTerms() = default;
  static std::unique_ptr<OmopTerms> bind(std::string_view table, const Csv& csv, const OmopContext& context,
                                         RowReport& report);

  // The row at which the Csv stands. A row that cannot be used counts as a row that was rejected.
  Result<void> tell(RecordSink& sink);
  virtual Result<void> finish() { return {}; }

 protected:
  OmopTerms(const Csv& csv, const OmopContext& context, RowReport& report)
      : csv_(csv), context_(context), report_(report) {}

  virtual Result<void> tell_row(RecordSink& sink) = 0;
  std::string_view cell(const std::optional<std::size_t>& column) const;
  record::Code code(std::int64_t concept_id) { return context_.concepts().code(concept_id, arena_); }
  Result<void> reject(std::string_view field, std::string_view rule, std::string_view reason) const;

  const Csv& csv_;
  const OmopContext& context_;
  RowReport& report_;
  record::Arena arena_;
};

}  // namespace chartline::exchange
