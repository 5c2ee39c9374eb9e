// A sink that keeps what a reader makes, and a quality report that keeps every problem, for tests to look at.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "formats/exchange/reader.h"

namespace chartline::exchange {

class CollectingSink final : public RecordSink {
 public:
  Result<void> record(const record::Record& record) override {
    records.push_back(record::copy(record, arena_));
    return {};
  }
  Result<void> concept_(const record::Concept& entry) override {
    record::Concept kept = entry;
    kept.code = {arena_.text(entry.code.system), arena_.text(entry.code.code), arena_.text(entry.code.display)};
    kept.omop_id = arena_.text(entry.omop_id);
    kept.domain = arena_.text(entry.domain);
    kept.valid_from = arena_.text(entry.valid_from);
    kept.valid_to = arena_.text(entry.valid_to);
    concepts.push_back(kept);
    return {};
  }
  Result<void> concept_link(const record::ConceptLink& link) override {
    record::ConceptLink kept = link;
    kept.from = {arena_.text(link.from.system), arena_.text(link.from.code), arena_.text(link.from.display)};
    kept.to = {arena_.text(link.to.system), arena_.text(link.to.code), arena_.text(link.to.display)};
    links.push_back(kept);
    return {};
  }

  std::vector<const record::Event*> events() const {
    std::vector<const record::Event*> all;
    for (const auto& record : records)
      for (const auto& event : record.events) all.push_back(&event);
    return all;
  }

  std::deque<record::Record> records;
  std::deque<record::Concept> concepts;
  std::deque<record::ConceptLink> links;

 private:
  record::Arena arena_;
};

class CollectingQuality final : public Quality {
 public:
  void row() override { ++rows; }
  void accepted(const record::Record&) override { ++records; }
  Result<void> problem(Problem problem) override {
    (problem.outcome == Problem::Outcome::rejected ? rejected : repaired)++;
    problems.push_back(std::move(problem));
    return {};
  }
  void impossible(std::string_view rule) override { ++impossible_by_rule[std::string(rule)]; }
  void defaulted(std::string_view field, std::uint64_t times) override {
    defaulted_by_field[std::string(field)] += times;
  }

  std::uint64_t rows = 0, records = 0, rejected = 0, repaired = 0;
  std::vector<Problem> problems;
  std::map<std::string, std::uint64_t> impossible_by_rule, defaulted_by_field;
};

}  // namespace chartline::exchange
