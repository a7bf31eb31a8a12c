// The smallest useful function: says hello, and keeps what it made outside the handler.

const startedIn = process.env.AWS_REGION;

export const handler = async (event, context) => {
  return { hello: event.name ?? "world", region: startedIn, request: context.awsRequestId };
};
