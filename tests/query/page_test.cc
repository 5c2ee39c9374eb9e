#include <gtest/gtest.h>

#include "query/complaint.h"
#include "query/parse.h"
#include "query/print.h"
#include "query/resolve.h"
#include "tests/query/page.h"

namespace chartline::query {
namespace {

std::string parsed(std::string_view text) {
  Complaints complaints;
  const tree::Query query = parse(text, complaints);
  const std::string printed = print(query);
  if (complaints.empty()) return printed;
  return printed + render(std::move(complaints).sorted(), text);
}

std::string compiled(std::string_view text) {
  const Known known{
      .systems = {"homegrown"},
      .code_lists = {"diabetes", "diabetes_resolved", "stroke", "major_bleed", "bmi", "bp", "creatinine", "emergency"},
      .any_code_list = false,
      .cohorts = {"saved"},
      .cohort_indexes = {{"saved", "began"}},
      .assumes_today = false};
  Complaints complaints;
  const typed::Query query = compile(text, known, complaints);
  return complaints.empty() ? typed::print(query) : render(std::move(complaints).sorted(), text);
}

TEST(Page, Resolve) { run_page("resolve", compiled); }
TEST(Page, ResolveComplaints) { run_page("resolve_complaints", compiled); }
TEST(Page, Parse) { run_page("parse", parsed); }
TEST(Page, ParseComplaints) { run_page("parse_complaints", parsed); }

}  // namespace
}  // namespace chartline::query
