// The same handler as workerd wants it.
export default {
  async fetch(request) {
    return Response.json(await request.json());
  },
};
