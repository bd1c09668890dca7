using Google.Protobuf.Reflection;
using Microsoft.OpenApi;

namespace MetaService.Server.OpenApi;

/// <summary>OpenAPI schemas of records, one component per message and enum, taken from the protobuf descriptors.</summary>
public sealed class ProtoSchemas(OpenApiDocument document)
{
    /// <summary>A reference to the schema of a message, which is added to the document with all that it refers to.</summary>
    public IOpenApiSchema Of(MessageDescriptor message)
    {
        var id = IdOf(message);
        var schemas = Components();
        if (!schemas.ContainsKey(id))
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>() };
            schemas[id] = schema; // Before its fields: messages may refer to each other in a circle.
            foreach (var field in message.Fields.InFieldNumberOrder())
            {
                schema.Properties[field.Name] = Of(field);
            }
        }

        return new OpenApiSchemaReference(id, document);
    }

    private IOpenApiSchema Of(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            return new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                AdditionalProperties = OfSingle(field.MessageType.FindFieldByNumber(2)),
            };
        }

        return field.IsRepeated ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = OfSingle(field) } : OfSingle(field);
    }

    private IOpenApiSchema OfSingle(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => Of(field.MessageType),
        FieldType.Enum => Of(field.EnumType),
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 or FieldType.UInt32 or FieldType.Fixed32 =>
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 or FieldType.UInt64 or FieldType.Fixed64 => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Format = "int64",
            Description = "A decimal string in replies; requests may also send a number.",
        },
        FieldType.Double or FieldType.Float => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Bytes => new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private OpenApiSchemaReference Of(EnumDescriptor type)
    {
        var id = IdOf(type);
        Components().TryAdd(id, new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. type.Values.Select(v => (System.Text.Json.Nodes.JsonNode)v.Name)],
        });
        return new OpenApiSchemaReference(id, document);
    }

    private IDictionary<string, IOpenApiSchema> Components()
    {
        document.Components ??= new OpenApiComponents();
        return document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
    }

    // Without the package, which says nothing to a reader, but with the outer message, which tells Status from Status.
    private static string IdOf(IDescriptor type) =>
        type.File.Package.Length > 0 ? type.FullName[(type.File.Package.Length + 1)..] : type.FullName;
}
