// out[i] = the bits of half the denormal whose bits out[i] held, i = 0..63.
kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global int* restrict out) {
  const int lane = (int)get_local_id(0);
  out[lane] = as_int(as_float(out[lane]) * 0.5f);
}
