#pragma once
#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdbool.h>

// libcrypto is loaded at the first checksum and not linked, as libcurl is: its header gives the types, these pointers
// the functions.
struct stomics_crypto {
  __typeof__(EVP_MD_CTX_new) *context_new;
  __typeof__(EVP_MD_CTX_free) *context_free;
  __typeof__(EVP_DigestInit_ex) *init;
  __typeof__(EVP_DigestUpdate) *update;
  __typeof__(EVP_DigestFinal_ex) *final;
  __typeof__(EVP_sha256) *sha256;
  __typeof__(EVP_md5) *md5;
};

// Finds every function; false where one is missing.
static inline bool stomics_crypto_bind(struct stomics_crypto *crypto, void *library) {
  return (crypto->context_new = dlsym(library, "EVP_MD_CTX_new")) &&
         (crypto->context_free = dlsym(library, "EVP_MD_CTX_free")) &&
         (crypto->init = dlsym(library, "EVP_DigestInit_ex")) &&
         (crypto->update = dlsym(library, "EVP_DigestUpdate")) &&
         (crypto->final = dlsym(library, "EVP_DigestFinal_ex")) && (crypto->sha256 = dlsym(library, "EVP_sha256")) &&
         (crypto->md5 = dlsym(library, "EVP_md5"));
}

// A digest begun; null where the library has not this one.
static inline void *stomics_digest_begin(const struct stomics_crypto *crypto, bool md5) {
  EVP_MD_CTX *context = crypto->context_new();
  if (context && !crypto->init(context, md5 ? crypto->md5() : crypto->sha256(), 0)) {
    crypto->context_free(context);
    return 0;
  }
  return context;
}
static inline bool stomics_digest_add(
    const struct stomics_crypto *crypto, void *context, const void *bytes, size_t count) {
  return crypto->update((EVP_MD_CTX *)context, bytes, count) == 1;
}
// Writes at most EVP_MAX_MD_SIZE (64) bytes and returns how many; 0 for failure.
static inline unsigned stomics_digest_end(const struct stomics_crypto *crypto, void *context, unsigned char *result) {
  unsigned count = 0;
  return crypto->final((EVP_MD_CTX *)context, result, &count) == 1 ? count : 0;
}
static inline void stomics_digest_free(const struct stomics_crypto *crypto, void *context) {
  crypto->context_free((EVP_MD_CTX *)context);
}
