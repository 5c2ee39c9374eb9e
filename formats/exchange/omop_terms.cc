#include "formats/exchange/omop_terms.h"

#include <limits>

#include "formats/exchange/cell.h"

namespace chartline::exchange {
namespace {

using record::Concept;
using record::ConceptLink;
using record::Relation;

class ConceptRows final : public OmopTerms {
 public:
  ConceptRows(const Csv& csv, const OmopContext& context, RowReport& report) : OmopTerms(csv, context, report) {}

 private:
  Result<void> tell_row(RecordSink& sink) override {
    const auto id = parse_whole(cell(id_));
    if (!id || *id < 0) return reject("concept_id", "bad_concept_id", "it is no number");
    if (*id == 0) return {};  // "No matching concept"
    Concept entry;
    entry.code = code(*id);
    entry.omop_id = cell(id_);
    entry.domain = cell(domain_);
    entry.standard = cell(standard_) == "S";
    entry.valid_from = cell(valid_from_);
    entry.valid_to = cell(valid_to_);
    return sink.concept_(entry);
  }

  std::optional<std::size_t> id_ = csv_.column("concept_id"), domain_ = csv_.column("domain_id"),
                             standard_ = csv_.column("standard_concept"), valid_from_ = csv_.column("valid_start_date"),
                             valid_to_ = csv_.column("valid_end_date");
};

class VocabularyRows final : public OmopTerms {
 public:
  VocabularyRows(const Csv& csv, const OmopContext& context, RowReport& report) : OmopTerms(csv, context, report) {}

 private:
  Result<void> tell_row(RecordSink& sink) override {
    if (cell(id_).empty()) return reject("vocabulary_id", "no_code", "the vocabulary has no id");
    display_ = cell(name_);
    if (!cell(version_).empty()) display_.append(display_.empty() ? "" : ", ").append(cell(version_));
    Concept entry;
    entry.code = {"vocabulary", cell(id_), display_};
    if (cell(concept_id_) != "0") entry.omop_id = cell(concept_id_);
    entry.domain = "Metadata";
    return sink.concept_(entry);
  }

  std::optional<std::size_t> id_ = csv_.column("vocabulary_id"), name_ = csv_.column("vocabulary_name"),
                             version_ = csv_.column("vocabulary_version"),
                             concept_id_ = csv_.column("vocabulary_concept_id");
  std::string display_;
};

class AncestorRows final : public OmopTerms {
 public:
  AncestorRows(const Csv& csv, const OmopContext& context, RowReport& report) : OmopTerms(csv, context, report) {}

 private:
  Result<void> tell_row(RecordSink& sink) override {
    const auto ancestor = parse_whole(cell(ancestor_));
    const auto descendant = parse_whole(cell(descendant_));
    const auto levels = parse_whole(cell(levels_));
    if (!ancestor || !descendant) return reject("ancestor_concept_id", "bad_concept_id", "one of the two is no number");
    if (!levels || *levels < 0 || *levels > std::numeric_limits<std::int32_t>::max())
      return reject("min_levels_of_separation", "bad_number", "it is no number of levels");
    if (*ancestor == *descendant) return {};
    return sink.concept_link({Relation::is_a, code(*descendant), code(*ancestor), static_cast<std::uint32_t>(*levels)});
  }

  std::optional<std::size_t> ancestor_ = csv_.column("ancestor_concept_id"),
                             descendant_ = csv_.column("descendant_concept_id"),
                             levels_ = csv_.column("min_levels_of_separation");
};

class RelationshipRows final : public OmopTerms {
 public:
  RelationshipRows(const Csv& csv, const OmopContext& context, RowReport& report) : OmopTerms(csv, context, report) {}

  Result<void> finish() override {
    if (not_read_ == 0) return {};
    report_.at(0);
    return report_.repaired(
        "relationship_id", "relationship_not_read",
        std::to_string(not_read_) + " rows have no valid \"Maps to\" relationship; they are not kept");
  }

 private:
  Result<void> tell_row(RecordSink& sink) override {
    if (cell(relationship_) != "Maps to" || !cell(invalid_).empty()) return ++not_read_, Result<void>{};
    const auto from = parse_whole(cell(from_));
    const auto to = parse_whole(cell(to_));
    if (!from || !to) return reject("concept_id_1", "bad_concept_id", "one of the two is no number");
    if (*from == *to) return {};
    return sink.concept_link({Relation::maps_to, code(*from), code(*to), 1});
  }

  std::optional<std::size_t> from_ = csv_.column("concept_id_1"), to_ = csv_.column("concept_id_2"),
                             relationship_ = csv_.column("relationship_id"), invalid_ = csv_.column("invalid_reason");
  std::uint64_t not_read_ = 0;
};

}  // namespace

bool OmopTerms::is_one(std::string_view table) {
  return table == "concept" || table == "vocabulary" || table == "concept_ancestor" || table == "concept_relationship";
}

std::unique_ptr<OmopTerms> OmopTerms::bind(std::string_view table, const Csv& csv, const OmopContext& context,
                                           RowReport& report) {
  if (table == "concept") return std::make_unique<ConceptRows>(csv, context, report);
  if (table == "vocabulary") return std::make_unique<VocabularyRows>(csv, context, report);
  if (table == "concept_ancestor") return std::make_unique<AncestorRows>(csv, context, report);
  if (table == "concept_relationship") return std::make_unique<RelationshipRows>(csv, context, report);
  return nullptr;
}

Result<void> OmopTerms::tell(RecordSink& sink) {
  arena_.clear();
  report_.at(csv_.line());
  if (csv_.fault() != RowFault::none) return reject("", rule(csv_.fault()), reason(csv_.fault()));
  return tell_row(sink);
}

std::string_view OmopTerms::cell(const std::optional<std::size_t>& column) const {
  return column ? trimmed(csv_[*column]) : std::string_view{};
}

Result<void> OmopTerms::reject(std::string_view field, std::string_view rule, std::string_view reason) const {
  report_.quality().row();
  return report_.rejected(field, rule, reason);
}

}  // namespace chartline::exchange
