#ifndef GROUPCAST_FILE_DESCRIPTOR_H_
#define GROUPCAST_FILE_DESCRIPTOR_H_

#include <unistd.h>

namespace groupcast {

/** Owns one descriptor and closes it. */
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);  // Linux closes it even when this returns EINTR: close(2)
    fd_ = fd;
  }

 private:
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }

  int fd_ = -1;
};

}  // namespace groupcast

#endif  // GROUPCAST_FILE_DESCRIPTOR_H_
