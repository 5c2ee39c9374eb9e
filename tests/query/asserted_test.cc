#include "query/asserted.h"

#include <gtest/gtest.h>

#include "formats/stored/postings.h"

namespace chartline::query {
namespace {

// What a question leaves out of events it leaves out of postings too.
TEST(Asserted, AgreesWithThePostings) {
  int asserted = 0, contributed = 0;
  for (int status = 0; status < record::status_count; ++status) {
    for (int certainty = 0; certainty < record::certainty_count; ++certainty) {
      for (int author = 0; author < record::author_count; ++author) {
        record::Event event;
        event.status = static_cast<record::Status>(status);
        event.certainty = static_cast<record::Certainty>(certainty);
        event.author = static_cast<record::Author>(author);
        stored::Row row;
        row.status = event.status, row.certainty = event.certainty, row.author = event.author;
        const std::uint32_t flags = stored::posting_flags(row);
        const bool left_out = (flags & (stored::posting_hidden | stored::posting_not_asserted)) != 0;
        EXPECT_EQ(is_asserted(event), !left_out) << "status " << status << " certainty " << certainty;
        EXPECT_EQ(is_entered_in_error(event), (flags & stored::posting_hidden) != 0) << "status " << status;
        EXPECT_EQ(is_contribution(event), (flags & stored::posting_contributed) != 0) << "author " << author;
        asserted += is_asserted(event), contributed += is_contribution(event);
      }
    }
  }
  // Four statuses and one certainty are left out, two authors contribute.
  EXPECT_EQ(asserted, (record::status_count - 4) * (record::certainty_count - 1) * record::author_count);
  EXPECT_EQ(contributed, record::status_count * record::certainty_count * 2);
}

}  // namespace
}  // namespace chartline::query
