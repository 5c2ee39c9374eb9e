// Inquiry: one statement, asked of one person after another by way of an Evaluator, adding what it finds to Findings.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "query/constants.h"
#include "query/findings.h"
#include "query/reference/evaluator.h"

namespace chartline::query {

// The expressions of a program about one person, and the rows of its cohorts.
class Interview {
 public:
  explicit Interview(const Program& program) : program_(program), evaluator_(program) {}

  void start(const Person& person);
  void heed(Stop* stop) { evaluator_.heed(stop); }
  const Person& person() const { return *person_; }
  const Program& program() const { return program_; }
  Evaluator& evaluator() { return evaluator_; }
  std::vector<Evaluator::Membership> members(const std::string& cohort);

 private:
  const Program& program_;
  Evaluator evaluator_;
  const Person* person_ = nullptr;
};

class Inquiry {
 public:
  // count, tally, list, events, flow, measure, incidence or survival.
  static Result<Inquiry> make(const typed::Node& statement, const Program& program);
  void ask(Interview& about, Findings& into) const;
  const std::vector<MeasureInterval>& intervals() const { return intervals_; }  // of a measure

 private:
  Inquiry(const typed::Node& statement, const Program& program) : statement_(statement), program_(program) {}

  void count(Interview& about, Findings& into) const;
  void tally(Interview& about, Findings& into) const;
  void list(Interview& about, Findings& into) const;
  void events(Interview& about, Findings& into) const;
  void flow(Interview& about, Findings& into) const;
  void measure(Interview& about, Findings& into) const;
  void follow_up(Interview& about, Findings& into) const;

  std::vector<Cell> columns(Interview& about, const Item* item, const Evaluator::Membership& row) const;

  const typed::Node& statement_;
  const Program& program_;
  std::vector<MeasureInterval> intervals_{};
};

}  // namespace chartline::query
