// The handler that every peer runs.
export const handler = async (event) => event;
