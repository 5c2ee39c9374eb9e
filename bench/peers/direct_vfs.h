// A file system for SQLite that reads past the page cache (O_DIRECT), so that SQLite's own cache is the only one: with a
// cache of a tenth, nine reads of ten go to the disk, as they do for a store opened with direct_reads. For reading only.
#pragma once

// Known to SQLite under this name from now on; false where it could not be registered.
inline constexpr const char* direct_vfs = "direct";
bool register_direct_vfs();
