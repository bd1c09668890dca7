using Microsoft.OpenApi;

namespace MetaService.Server.OpenApi;

/// <summary>The OpenAPI document at <c>/swagger/v1/swagger.json</c> and its page at <c>/swagger</c>.</summary>
public static class SwaggerSetup
{
    public const string TokenScheme = "token";
    public const string BearerScheme = "bearer";
    public const string BasicScheme = "basic";

    public static void AddSwaggerDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc("v1", new OpenApiInfo
            {
                Title = "Meta service",
                Version = "v1",
                Description =
                    "Instances, clusters, nodes, storage vaults, load transactions and tablets of a compute-storage-decoupled " +
                    "Apache Doris.\n\nEvery endpoint answers at `/MetaService/http/v1/NAME` and at `/MetaService/http/NAME`, and to GET, PUT " +
                    "and POST alike; the verb shown is the customary one. The content type of a body is not looked at.",
            });
            swagger.AddSecurityDefinition(TokenScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Query,
                Name = "token",
                Description = "The token as a query parameter.",
            });
            swagger.AddSecurityDefinition(BearerScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token in an Authorization header, which keeps it out of access logs on the way.",
            });
            swagger.AddSecurityDefinition(BasicScheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "basic",
                Description = "User and password, for cloud_cluster_status.",
            });
            swagger.DocumentFilter<EndpointDocument>();
        });
    }

    public static void UseSwaggerDocument(this WebApplication app)
    {
        app.UseSwagger();
        app.UseSwaggerUI(page => page.DocumentTitle = "Meta service");
    }
}
