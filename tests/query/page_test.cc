#include <gtest/gtest.h>

#include "query/complaint.h"
#include "query/parse.h"
#include "query/print.h"
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

TEST(Page, Parse) { run_page("parse", parsed); }
TEST(Page, ParseComplaints) { run_page("parse_complaints", parsed); }

}  // namespace
}  // namespace chartline::query
