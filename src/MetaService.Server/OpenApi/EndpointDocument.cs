using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;
using MetaService.Server.Access;
using MetaService.Server.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace MetaService.Server.OpenApi;

/// <summary>Adds the endpoints that <see cref="HttpApi"/> maps, which the API explorer does not see, to the OpenAPI document.</summary>
public sealed class EndpointDocument(EndpointDataSource endpoints) : IDocumentFilter
{
    private const string JsonType = "application/json";
    private const string TextType = "text/plain";

    private static readonly (string Status, string Meaning)[] Failures =
    [
        ("400", "INVALID_ARGUMENT: the message names the field and the rule."),
        ("403", "PERMISSION_DENIED: the token is missing, not accepted or lacks the scope."),
        ("404", "NOT_FOUND"),
        ("409", "ALREADY_EXISTED"),
        ("429", "MAX_QPS_LIMIT: too many calls; try again after the seconds in Retry-After."),
        ("500", "INTERNAL_ERROR: one of the cases that the API document defines so."),
        ("503", "INTERNAL_ERROR: the store cannot be reached, or a secret not be opened; try again after the seconds in Retry-After."),
    ];

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Paths ??= [];
        var schemas = new ProtoSchemas(swaggerDoc);
        var envelope = Envelope(null);
        foreach (var description in endpoints.Endpoints.Select(e => e.Metadata.GetMetadata<EndpointDescription>()).OfType<EndpointDescription>())
        {
            var item = new OpenApiPathItem();
            item.AddOperation(new HttpMethod(description.Verb), Describe(description, schemas, envelope, swaggerDoc));
            swaggerDoc.Paths[$"{HttpApi.Root}/v1/{description.Name}"] = item;
        }

        var status = new OpenApiPathItem();
        status.AddOperation(HttpMethod.Get, DescribeClusterStatus(swaggerDoc));
        swaggerDoc.Paths[ClusterStatusEndpoint.Path] = status;
    }

    private static OpenApiOperation Describe(
        EndpointDescription description, ProtoSchemas schemas, OpenApiSchema envelope, OpenApiDocument document)
    {
        var operation = new OpenApiOperation
        {
            OperationId = description.Name,
            Summary = description.Summary,
            Tags = new HashSet<OpenApiTagReference> { new(description.Group, document) },
            Parameters = [.. description.Query.Select(Parameter)],
            Responses = [],
            Description = $"Needs a token with the scope `{ScopeNames.Text(description.Scope)}`.{Secrets(description.Result)}",
            Security =
            [
                Requires(SwaggerSetup.TokenScheme, document, description.Scope),
                Requires(SwaggerSetup.BearerScheme, document, description.Scope),
            ],
        };
        if (description.Request is { } request)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [JsonType] = new() { Schema = schemas.Of(DescriptorOf(request)), Example = RequestExamples.Of(description.Name) },
                },
            };
        }

        var resultSchema = description.Result is { } result && result != typeof(IMessage) ? schemas.Of(DescriptorOf(result)) : null;
        operation.Responses["200"] = description.IsText
            ? Content("The reply in plain text.", TextType, new OpenApiSchema { Type = JsonSchemaType.String })
            : Content("OK", JsonType, Envelope(resultSchema));
        foreach (var (code, meaning) in Failures)
        {
            operation.Responses[code] = Content(meaning, JsonType, envelope);
        }

        return operation;
    }

    private static OpenApiOperation DescribeClusterStatus(OpenApiDocument document) => new()
    {
        OperationId = "cloud_cluster_status",
        Summary = "Lists the BE nodes of the COMPUTE clusters of an instance, in the form in which an FE answers.",
        Tags = new HashSet<OpenApiTagReference> { new("Clusters", document) },
        Parameters = [Parameter("instance_id")],
        Security = [Requires(SwaggerSetup.BasicScheme, document, Scopes.None)],
        Responses = new OpenApiResponses
        {
            ["200"] = Content("Node lists by cluster id.", JsonType, new OpenApiSchema { Type = JsonSchemaType.Object }),
            ["401"] = new OpenApiResponse { Description = "User or password are missing or wrong." },
        },
    };

    private static OpenApiSchema Envelope(IOpenApiSchema? result)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Example = JsonValue.Create(HttpCode.Ok) },
                ["msg"] = new OpenApiSchema { Type = JsonSchemaType.String, Example = JsonValue.Create("") },
            },
        };
        if (result is not null)
        {
            schema.Properties["result"] = result;
        }

        return schema;
    }

    private static OpenApiResponse Content(string description, string mediaType, IOpenApiSchema schema) => new()
    {
        Description = description,
        Content = new Dictionary<string, OpenApiMediaType> { [mediaType] = new() { Schema = schema } },
    };

    private static OpenApiParameter Parameter(string name) =>
        new() { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiSecurityRequirement Requires(string scheme, OpenApiDocument document, Scopes scope) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [.. ScopeNames.Of(scope)] };

    private static string Secrets(Type? result) =>
        result is not null && result != typeof(IMessage) && SecretFields.MayHold(DescriptorOf(result))
        ? " ak and sk are masked unless it has the scope `secrets` too."
        : "";

    private static MessageDescriptor DescriptorOf(Type message) => ((IMessage)Activator.CreateInstance(message)!).Descriptor;
}
